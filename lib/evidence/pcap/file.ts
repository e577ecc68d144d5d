/**
 * Reads the classic pcap file as tcpdump writes it: a header of 24 bytes, then records of a 16-byte header and the
 * frame (draft-ietf-opsawg-pcap). Both byte orders, micro- and nanoseconds. A capture is cut short when tcpdump is
 * killed, and a foreign file may hold any bytes. Records before the damage are read, and the damage is reported.
 */

/** libpcap's own limit (MAXIMUM_SNAPLEN): a longer length is not a record's. */
const LONGEST_RECORD = 262_144;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const NS_PER_S = 1_000_000_000n;

const MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d } as const;
const PCAPNG = 0x0a0d0d0a;

/** The link types that we decode, by registry number. Old writers used 12 for 101. */
const LINK_TYPES = {
  1: "ethernet",
  12: "raw-ip",
  101: "raw-ip",
  113: "linux-sll",
  276: "linux-sll2",
} as const satisfies Readonly<Record<number, string>>;

export type LinkType = (typeof LINK_TYPES)[keyof typeof LINK_TYPES];

/** The file is no pcap file of a known kind. `offset` is the byte that shows it. */
export class PcapError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (byte ${offset})`);
    this.name = "PcapError";
    this.offset = offset;
  }
}

export interface PcapRecord {
  /** Since the epoch, by the capturing machine's clock. */
  readonly atNs: bigint;
  readonly capturedLength: number;
  /** The length on the wire; more than captured when tcpdump's snap length cut it. */
  readonly originalLength: number;
  /** A view of the file's bytes, not a copy. */
  readonly data: Uint8Array;
}

/** The place where reading ended before the end of the file: records before `offset` are complete. */
export interface PcapDamage {
  /** `cut`: the file ends within a record, as after a killed writer. `bad-length`: a record longer than the limit. */
  readonly kind: "cut" | "bad-length";
  readonly offset: number;
}

export interface Pcap {
  readonly linkType: LinkType;
  readonly resolution: keyof typeof MAGIC;
  readonly byteOrder: "little" | "big";
  /** The most bytes captured per frame, as the writer states. */
  readonly snapLength: number;
  readonly recordCount: number;
  readonly damage: PcapDamage | null;
  /** Can be iterated more than once. Never throws, never copies. */
  readonly records: Iterable<PcapRecord>;
}

/**
 * Opens a capture and finds its end. Throws only PcapError, when the header is not one of a pcap file of a known link
 * type.
 */
export function readPcap(bytes: Uint8Array): Pcap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER) throw new PcapError("the file is shorter than a pcap header", bytes.length);
  const { resolution, littleEndian } = readMagic(view);
  const major = view.getUint16(4, littleEndian);
  if (major !== 2) throw new PcapError(`pcap version ${major} is not known, only 2`, 4);
  // The upper half says if frames end in a checksum, which is irrelevant here.
  const linkNumber = view.getUint32(20, littleEndian) & 0xffff;
  if (!isKnown(linkNumber)) throw new PcapError(`link type ${linkNumber} is not known`, 20);
  return {
    linkType: LINK_TYPES[linkNumber],
    resolution,
    byteOrder: littleEndian ? "little" : "big",
    snapLength: view.getUint32(16, littleEndian),
    ...findEnd(view, littleEndian),
    records: { [Symbol.iterator]: () => walk(bytes, view, resolution, littleEndian) },
  };
}

function readMagic(view: DataView): { resolution: Pcap["resolution"]; littleEndian: boolean } {
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MAGIC.microseconds) return { resolution: "microseconds", littleEndian };
    if (magic === MAGIC.nanoseconds) return { resolution: "nanoseconds", littleEndian };
  }
  const isPcapng = view.getUint32(0) === PCAPNG;
  throw new PcapError(isPcapng ? "this is a pcapng file, only classic pcap is read" : "this is no pcap file", 0);
}

function isKnown(linkNumber: number): linkNumber is keyof typeof LINK_TYPES {
  return Object.hasOwn(LINK_TYPES, linkNumber);
}

/**
 * Returns the number of records and the damage, from headers only: the damage is known before the first record is used.
 */
function findEnd(view: DataView, littleEndian: boolean): Pick<Pcap, "recordCount" | "damage"> {
  let offset = FILE_HEADER;
  let recordCount = 0;
  while (offset < view.byteLength) {
    if (offset + RECORD_HEADER > view.byteLength) return { recordCount, damage: { kind: "cut", offset } };
    const length = view.getUint32(offset + 8, littleEndian);
    if (length > LONGEST_RECORD) return { recordCount, damage: { kind: "bad-length", offset } };
    const next = offset + RECORD_HEADER + length;
    if (next > view.byteLength) return { recordCount, damage: { kind: "cut", offset } };
    offset = next;
    recordCount += 1;
  }
  return { recordCount, damage: null };
}

function* walk(
  bytes: Uint8Array,
  view: DataView,
  resolution: Pcap["resolution"],
  littleEndian: boolean,
): Generator<PcapRecord, void> {
  const nsPerTick = resolution === "nanoseconds" ? 1 : 1000;
  let { recordCount } = findEnd(view, littleEndian);
  for (let offset = FILE_HEADER; recordCount > 0; recordCount -= 1) {
    const seconds = view.getUint32(offset, littleEndian);
    const ticks = view.getUint32(offset + 4, littleEndian);
    const capturedLength = view.getUint32(offset + 8, littleEndian);
    const originalLength = view.getUint32(offset + 12, littleEndian);
    const start = offset + RECORD_HEADER;
    offset = start + capturedLength;
    const atNs = BigInt(seconds) * NS_PER_S + BigInt(ticks * nsPerTick);
    yield { atNs, capturedLength, originalLength, data: bytes.subarray(start, offset) };
  }
}
