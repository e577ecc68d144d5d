/**
 * The classic pcap file, as tcpdump writes it: a header of 24 bytes, then records of 16 bytes of header and the frame
 * (draft-ietf-opsawg-pcap). Both byte orders, micro- and nanoseconds. A capture is cut short when tcpdump is killed, and it may be
 * anything at all when somebody else made it: what comes before the damage is read, and the damage is told.
 */

/** libpcap's own limit (MAXIMUM_SNAPLEN): what claims to be longer is not a record. */
const LONGEST_RECORD = 262_144;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const NS_PER_S = 1_000_000_000n;

const MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d } as const;
const PCAPNG = 0x0a0d0d0a;

/** Numbers of the registry of link types that we decode. 12 is what old writers wrote for 101. */
const LINK_TYPES = {
  1: "ethernet",
  12: "raw-ip",
  101: "raw-ip",
  113: "linux-sll",
  276: "linux-sll2",
} as const satisfies Readonly<Record<number, string>>;

export type LinkType = (typeof LINK_TYPES)[keyof typeof LINK_TYPES];

/** Not a pcap file we can read. `offset` is the byte that says so. */
export class PcapError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (byte ${offset})`);
    this.name = "PcapError";
    this.offset = offset;
  }
}

export interface PcapRecord {
  /** Since the epoch, of the clock of the machine that captured. */
  readonly atNs: bigint;
  readonly capturedLength: number;
  /** What was on the wire; more than captured when tcpdump's snap length cut it. */
  readonly originalLength: number;
  /** A view of the file's bytes, not a copy. */
  readonly data: Uint8Array;
}

/** Where reading ended before the end of the file: records before `offset` are whole. */
export interface PcapDamage {
  /** `cut`: the file ends within a record, as when the writer was killed. `bad-length`: a record longer than any can be. */
  readonly kind: "cut" | "bad-length";
  readonly offset: number;
}

export interface Pcap {
  readonly linkType: LinkType;
  readonly resolution: keyof typeof MAGIC;
  readonly byteOrder: "little" | "big";
  /** The longest that was captured of a frame, in bytes, as the writer says. */
  readonly snapLength: number;
  readonly recordCount: number;
  readonly damage: PcapDamage | null;
  /** Can be walked over more than once. Never throws, never copies. */
  readonly records: Iterable<PcapRecord>;
}

/** Opens a capture and finds its end. Throws PcapError when the header is not one of a pcap file of a link type we know, and nothing else. */
export function readPcap(bytes: Uint8Array): Pcap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER) throw new PcapError("the file is shorter than a pcap header", bytes.length);
  const { resolution, littleEndian } = readMagic(view);
  const major = view.getUint16(4, littleEndian);
  if (major !== 2) throw new PcapError(`pcap version ${major} is not known, only 2`, 4);
  // The upper half says whether frames end in a checksum, which does not matter to us.
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

/** Headers only: so that the damage is known before the first record is handed out, and nobody has to remember to ask at the end. */
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
