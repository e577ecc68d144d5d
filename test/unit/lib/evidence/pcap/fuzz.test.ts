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
/** Text that is safe on a terminal, and on one line. */
const PLAIN = /^[\x20-\x7e→]+$/;

/** Decodes and prints everything; throws any error but PcapError. */
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

/** One frame per sequence of layers and link type, from all captures. */
const SAMPLES: readonly Sample[] = RECORDED.flatMap(({ bytes }) => {
  const { linkType, records } = readPcap(bytes);
  const whole = [...records].filter(({ capturedLength, originalLength }) => capturedLength === originalLength);
  return whole.map((record) => ({ ...record, linkType, layers: layersOf(decodeFrame(record, linkType)).join(":") }));
}).filter(
  (one, index, all) =>
    all.findIndex(({ linkType, layers }) => linkType === one.linkType && layers === one.layers) === index,
);

/** These are final only after the last of IPv6's extension headers. */
const GROWS = new Set(["ipv6.nxt"]);

describe(`a capture with random bytes (seed ${SEED})`, () => {
  it("is read or refused after bit flips", () => {
    const outcomes = new Set<string>();
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), flips, fc.boolean(), ({ bytes }, places, inHeaders) => {
        const changed = Buffer.from(bytes);
        for (const [place, bit] of places) {
          // In half of the cases at the start of the file, where the lengths are.
          const at = place % (inHeaders ? Math.min(200, changed.length) : changed.length);
          changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
        }
        outcomes.add(readAll(changed));
      }),
      { numRuns: 600, seed: SEED },
    );
    expect(outcomes).to.deep.equal(new Set(["read", "refused"]));
  });

  it("is read or refused with any bytes after a valid header", () => {
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), fc.uint8Array({ maxLength: 300 }), ({ bytes }, noise) => {
        readAll(Buffer.concat([bytes.subarray(0, 24), noise]));
      }),
      { numRuns: 2000, seed: SEED },
    );
  });

  it("gives a packet for a frame that is or ends in any bytes", () => {
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

/** Returns the decoding of a frame's first bytes, and true when it reports that more is missing. */
function cutShort(
  { linkType, ...record }: Sample,
  size: number,
): { readonly said: Told; readonly hasProblem: boolean } {
  const packet = decodeFrame({ ...record, data: record.data.subarray(0, size) }, linkType);
  const said = asTshark({ ...record, direction: null, interfaceIndex: null, packet });
  return { said, hasProblem: JSON.stringify(packet).includes('"problem"') };
}

/** Returns the fields whose values differ from the first values of the whole frame. */
function lies(said: Told, whole: Told): readonly string[] {
  return Object.keys(said).filter((field) => {
    const values = whole[field]?.join();
    return !GROWS.has(field) && (values === undefined || !values.startsWith(said[field]?.join() ?? ""));
  });
}

describe("a frame that is cut short anywhere", () => {
  for (const linkType of LINK_TYPES) {
    it(`gives no other values than the whole frame, and reports that more is missing: ${linkType}`, () => {
      const ours = SAMPLES.filter((sample) => sample.linkType === linkType);
      expect(ours.length).to.be.at.least(8);
      for (const sample of ours) {
        const { said: whole } = cutShort(sample, sample.data.length);
        // Quotes are always cut short, and that is not reported.
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
