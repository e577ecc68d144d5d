import { expect } from "chai";
import fc from "fast-check";
import { readCapture } from "../../../../../lib/evidence/pcap/capture.ts";
import { decodeFrame } from "../../../../../lib/evidence/pcap/decode.ts";
import { PcapError, readPcap, type LinkType, type PcapRecord } from "../../../../../lib/evidence/pcap/file.ts";
import { packetWords } from "../../../../../lib/evidence/pcap/words.ts";
import { SEED } from "../../../fuzz/hostile.ts";
import { asTshark, layersOf } from "./as-tshark.ts";
import { RECORDED } from "./captures.ts";

const LINK_TYPES: readonly LinkType[] = ["ethernet", "raw-ip", "linux-sll", "linux-sll2"];
/** Text that is safe on a terminal and on one line. */
const PLAIN = /^[\x20-\x7e→]+$/;

/** Decodes all there is and tells it; whatever goes wrong but a PcapError is thrown. */
function readAll(bytes: Uint8Array): string {
  try {
    const { packets, recordCount } = readCapture(bytes);
    let count = 0;
    for (const { packet } of packets) {
      expect(packetWords(packet)).to.match(PLAIN);
      count += 1;
    }
    expect(count).to.equal(recordCount);
    return "read";
  } catch (error) {
    if (!(error instanceof PcapError)) throw error;
    expect(error.offset).to.be.at.most(bytes.length);
    return "refused";
  }
}

interface Sample extends PcapRecord {
  readonly linkType: LinkType;
  readonly layers: string;
}

/** One frame of each sequence of layers and link type, from all captures. */
const SAMPLES: readonly Sample[] = RECORDED.flatMap(({ bytes }) => {
  const { linkType, records } = readPcap(bytes);
  const whole = [...records].filter(({ capturedLength, originalLength }) => capturedLength === originalLength);
  return whole.map((record) => ({ ...record, linkType, layers: layersOf(decodeFrame(record, linkType)).join(":") }));
}).filter(
  (one, index, all) =>
    all.findIndex(({ linkType, layers }) => linkType === one.linkType && layers === one.layers) === index,
);

/** These become final only with the last of IPv6's extension headers. */
const GROWS = new Set(["ipv6.nxt"]);

describe(`whatever a capture holds (seed ${SEED})`, () => {
  it("is read or refused when bits of it are flipped", () => {
    const outcomes = new Set<string>();
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), flips, fc.boolean(), ({ bytes }, places, inHeaders) => {
        const changed = Buffer.from(bytes);
        for (const [place, bit] of places) {
          // Half of the time where a file begins: that is where the lengths are.
          const at = place % (inHeaders ? Math.min(200, changed.length) : changed.length);
          changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
        }
        outcomes.add(readAll(changed));
      }),
      { numRuns: 600, seed: SEED },
    );
    expect(outcomes).to.deep.equal(new Set(["read", "refused"]));
  });

  it("is read or refused when it is any bytes behind a right header", () => {
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), fc.uint8Array({ maxLength: 300 }), ({ bytes }, noise) => {
        readAll(Buffer.concat([bytes.subarray(0, 24), noise]));
      }),
      { numRuns: 2000, seed: SEED },
    );
  });

  it("is a packet when a frame is any bytes, or ends in any", () => {
    const ofAny = fc.record({ start: fc.constant(Buffer.alloc(0)), linkType: fc.constantFrom(...LINK_TYPES) });
    const ofSample = fc
      .tuple(fc.constantFrom(...SAMPLES), fc.nat())
      .map(([{ data, linkType }, size]) => ({ start: data.subarray(0, size % data.length), linkType }));
    fc.assert(
      fc.property(fc.oneof(ofAny, ofSample), fc.uint8Array({ maxLength: 200 }), ({ start, linkType }, noise) => {
        const data = Buffer.concat([start, noise]);
        expect(packetWords(decodeFrame({ data, originalLength: data.length }, linkType))).to.match(PLAIN);
      }),
      { numRuns: 6000, seed: SEED },
    );
  });
});

type Told = Readonly<Record<string, readonly string[]>>;

/** What is told of a frame of which only so many bytes were captured, and whether it says that it is not all. */
function cutShort(
  { linkType, ...record }: Sample,
  size: number,
): { readonly said: Told; readonly hasProblem: boolean } {
  const packet = decodeFrame({ ...record, data: record.data.subarray(0, size) }, linkType);
  const said = asTshark({ ...record, direction: null, interfaceIndex: null, packet });
  return { said, hasProblem: JSON.stringify(packet).includes('"problem"') };
}

/** The fields whose values are others than the first of the whole frame's. */
function lies(said: Told, whole: Told): readonly string[] {
  return Object.keys(said).filter((field) => {
    const values = whole[field]?.join();
    return !GROWS.has(field) && (values === undefined || !values.startsWith(said[field]?.join() ?? ""));
  });
}

describe("a frame that is cut short anywhere", () => {
  for (const linkType of LINK_TYPES) {
    it(`says nothing else than the whole one, and that there is more: ${linkType}`, () => {
      const ours = SAMPLES.filter((sample) => sample.linkType === linkType);
      expect(ours.length).to.be.at.least(8);
      for (const sample of ours) {
        const { said: whole } = cutShort(sample, sample.data.length);
        // Quotes are cut short by rule, and nothing is said of that.
        const mayKeepSilent = /icmp(?:v6)?:ip/.test(sample.layers);
        for (let size = 0; size < sample.data.length; size += 1) {
          const { said, hasProblem } = cutShort(sample, size);
          const isLess = JSON.stringify(said) !== JSON.stringify(whole);
          if (lies(said, whole).length === 0 && (hasProblem || mayKeepSilent || !isLess)) continue;
          expect.fail(`${sample.layers} at ${size} (problem told: ${hasProblem}): ${lies(said, whole).join()}`);
        }
      }
    });
  }
});
