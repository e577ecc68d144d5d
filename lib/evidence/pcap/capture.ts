import { decodeFrame, type DecodeOptions } from "./decode.ts";
import { readPcap, type Pcap, type PcapRecord } from "./file.ts";
import type { Direction, Packet } from "./packet.ts";

/** A packet with its time and device. */
export interface CapturedPacket extends Omit<PcapRecord, "data"> {
  readonly packet: Packet;
  /** The direction in a capture on all devices; null in a capture of one device, which lacks it. */
  readonly direction: Direction | null;
  readonly interfaceIndex: number | null;
}

/**
 * Opens a capture and decodes its packets during iteration. Throws PcapError when this is no pcap file of a known kind.
 */
export function readCapture(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Omit<Pcap, "records"> & { readonly packets: Iterable<CapturedPacket> } {
  const { records, ...capture } = readPcap(bytes);
  return { ...capture, packets: { [Symbol.iterator]: () => decodeAll(records, capture, options) } };
}

function* decodeAll(
  records: Iterable<PcapRecord>,
  { linkType }: Pick<Pcap, "linkType">,
  options: DecodeOptions,
): Generator<CapturedPacket, void> {
  for (const record of records) {
    const { atNs, capturedLength, originalLength } = record;
    const packet = decodeFrame(record, linkType, options);
    const { direction, interfaceIndex } = packet.link.kind === "cooked" ? packet.link : ON_ONE_DEVICE;
    yield { atNs, capturedLength, originalLength, packet, direction, interfaceIndex };
  }
}

const ON_ONE_DEVICE = { direction: null, interfaceIndex: null };
