import type { Interface } from "./interfaces.ts";
import { readPcap } from "./pcap/file.ts";

/** How many packets came by each device, by its name; a device that was gone before anybody asked has its index. */
export type Tally = Readonly<Record<string, number>>;

/** Where LINUX_SLL2 has the device's index (pcap's LINKTYPE_LINUX_SLL2). */
const INDEX_AT = 4;

/** Counts a capture's packets by device. Throws PcapError for what is no capture. Pure. */
export function tallyOf(pcap: Uint8Array, interfaces: readonly Interface[]): Tally {
  const names = new Map(interfaces.map(({ index, name }) => [index, name]));
  const tally: Record<string, number> = {};
  const { records, linkType } = readPcap(pcap);
  if (linkType !== "linux-sll2") return tally;
  for (const { data } of records) {
    if (data.length < INDEX_AT + 4) continue;
    const index = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(INDEX_AT);
    const name = names.get(index) ?? `index ${index}`;
    tally[name] = (tally[name] ?? 0) + 1;
  }
  return tally;
}
