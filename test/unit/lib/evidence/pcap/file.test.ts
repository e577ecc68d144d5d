import { expect } from "chai";
import { PcapError, readPcap } from "../../../../../lib/evidence/pcap/file.ts";
import { onWire, ipv4, pcapOf, tcp } from "../../../../fixtures/pcap/frames.ts";
import { RECORDED, recorded } from "./captures.ts";

const FRAME = onWire(ipv4(6, tcp(2)));
const RECORD = 16 + FRAME.length / 2;

/** A valid file of three records with 32 bits overwritten, in one byte order. */
function changed(offset: number, value: number): Buffer {
  const bytes = pcapOf([FRAME, FRAME, FRAME]);
  bytes.writeUInt32LE(value, offset);
  return bytes;
}

function errorOf(bytes: Uint8Array): PcapError {
  try {
    readPcap(bytes);
  } catch (error) {
    if (error instanceof PcapError) return error;
    throw error;
  }
  throw new Error("was read");
}

describe("a pcap file", () => {
  it("is read in both byte orders, with the same result", () => {
    for (const name of ["tcp-uplink", "tcp-nano", "tcp-any"]) {
      const [one, other] = [recorded(name), recorded(`${name}-swapped`)].map(({ bytes }) => readPcap(bytes));
      expect([one?.byteOrder, other?.byteOrder]).to.deep.equal(["little", "big"]);
      expect(other?.snapLength).to.equal(one?.snapLength);
      expect([...(other?.records ?? [])]).to.deep.equal([...(one?.records ?? [])]);
    }
  });

  it("has times in micro- or nanoseconds, returned as nanoseconds", () => {
    const times = (name: string): readonly bigint[] =>
      [...readPcap(recorded(name).bytes).records].map(({ atNs }) => atNs);
    expect(readPcap(recorded("tcp-pod").bytes).resolution).to.equal("microseconds");
    expect(readPcap(recorded("tcp-nano").bytes).resolution).to.equal("nanoseconds");
    expect(times("tcp-pod").every((atNs) => atNs % 1000n === 0n)).to.equal(true);
    expect(times("tcp-nano").every((atNs) => atNs % 1000n === 0n)).to.equal(false);
  });

  it("has a known link type", () => {
    const types = Object.fromEntries(RECORDED.map(({ name, bytes }) => [name, readPcap(bytes).linkType]));
    expect(types["tcp-pod"]).to.equal("ethernet");
    expect(types["tcp-any"]).to.equal("linux-sll2");
    expect(types["tcp-any-sll"]).to.equal("linux-sll");
    expect(types["raw-tun"]).to.equal("raw-ip");
    expect(readPcap(pcapOf([], 12)).linkType).to.equal("raw-ip");
    // The upper bits announce a checksum behind each frame.
    expect(readPcap(changed(20, 0x24000001)).linkType).to.equal("ethernet");
  });

  it("may have no record, and its records can be iterated twice", () => {
    expect(readPcap(pcapOf([]))).to.include({ recordCount: 0, damage: null });
    const { records } = readPcap(pcapOf([FRAME, FRAME]));
    expect([...records]).to.have.length(2);
    expect([...records]).to.have.length(2);
  });

  it("reports the bytes cut off each frame", () => {
    const [record] = readPcap(changed(24 + 12, 9000)).records;
    expect(record).to.include({ capturedLength: FRAME.length / 2, originalLength: 9000 });
  });

  it("gives views of its bytes, even within a larger buffer", () => {
    const around = Buffer.concat([Buffer.alloc(7), pcapOf([FRAME]), Buffer.alloc(9)]);
    const bytes = around.subarray(7, -9);
    const [record] = readPcap(bytes).records;
    expect(Buffer.from(record?.data ?? []).toString("hex")).to.equal(FRAME);
    expect(record?.data.buffer).to.equal(around.buffer);
  });
});

describe("a file of another kind", () => {
  it("is refused with the byte that shows it", () => {
    const cases: readonly [Uint8Array, RegExp, number][] = [
      [new Uint8Array(), /shorter than a pcap header/, 0],
      [pcapOf([]).subarray(0, 23), /shorter than a pcap header/, 23],
      [changed(0, 0x464c457f), /no pcap file/, 0],
      [changed(0, 0x0a0d0d0a), /pcapng/, 0],
      [changed(4, 0x00040003), /version 3/, 4],
      [changed(20, 105), /link type 105/, 20],
    ];
    for (const [bytes, message, offset] of cases) {
      const error = errorOf(bytes);
      expect(error.message).to.match(message);
      expect(error.offset).to.equal(offset);
    }
  });
});

describe("a damaged pcap file", () => {
  it("is read up to a record above the length limit", () => {
    for (const length of [262_145, 0x7fffffff, 0x80000000, 0xffffffff]) {
      const { records, recordCount, damage } = readPcap(changed(24 + RECORD + 8, length));
      expect(damage).to.deep.equal({ kind: "bad-length", offset: 24 + RECORD });
      expect(recordCount).to.equal(1);
      expect([...records]).to.have.length(1);
    }
  });

  it("is read up to a record that is longer than the remaining bytes", () => {
    for (const length of [FRAME.length / 2 + 1, 262_144]) {
      const { records, damage } = readPcap(changed(24 + 2 * RECORD + 8, length));
      expect(damage).to.deep.equal({ kind: "cut", offset: 24 + 2 * RECORD });
      expect([...records]).to.have.length(2);
    }
  });

  for (const { name, bytes } of RECORDED) {
    it(`gives all complete records when it ends anywhere: ${name}`, () => {
      const ends = new Map<number, number>([[24, 0]]);
      let [offset, count] = [24, 0];
      for (const { capturedLength } of readPcap(bytes).records) ends.set((offset += 16 + capturedLength), (count += 1));
      let [lastEnd, whole] = [24, 0];
      for (let size = 0; size < 24; size += 1) expect(errorOf(bytes.subarray(0, size)).offset).to.equal(size);
      for (let size = 24; size <= bytes.length; size += 1) {
        const ended = ends.get(size);
        if (ended !== undefined) [lastEnd, whole] = [size, ended];
        const { recordCount, damage } = readPcap(bytes.subarray(0, size));
        const expected = size === lastEnd ? null : { kind: "cut", offset: lastEnd };
        // chai's deep equality for each byte of each capture takes a minute.
        if (recordCount !== whole || JSON.stringify(damage) !== JSON.stringify(expected)) {
          expect({ size, recordCount, damage }).to.deep.equal({ size, recordCount: whole, damage: expected });
        }
      }
      expect(whole).to.equal(count);
    });
  }
});
