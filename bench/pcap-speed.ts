/**
 * Measures how fast captures are decoded: `node bench/pcap-speed.ts [MEGABYTES] [CAPTURE…]` (default 50 MB of each of
 * four). It repeats recorded captures in memory to that size and decodes every layer of every packet. Prints megabytes
 * a second by wall clock and by CPU time, with and without a line of words per packet; CPU time is the reliable figure
 * on a busy machine. Packets have about 100 bytes, as those of probes do. Exits 1 below 20 MB/s of CPU time without
 * words.
 */
import { readFileSync } from "node:fs";
import { readCapture } from "../lib/evidence/pcap/capture.ts";
import { packetWords } from "../lib/evidence/pcap/words.ts";

const FILE_HEADER = 24;
const LEAST_MB_PER_S = 20;
const [megabytes = "50", ...chosen] = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : ["tcp-uplink", "tcp-any", "icmp-uplink", "tunnels-uplink"];

for (const name of names) {
  const bytes = repeated(name, Number(megabytes) * 1e6);
  // Once without looking at the clock: the optimiser's warm-up is not what a big capture costs.
  decodeAll(bytes.subarray(0, 5e6), false);
  const plain = measured(bytes, false);
  console.log(`${name}: ${report(bytes, plain)}; with words ${report(bytes, measured(bytes, true))}`);
  if (bytes.length / 1e6 / plain.cpuS < LEAST_MB_PER_S) process.exitCode = 1;
}

function repeated(name: string, size: number): Uint8Array {
  const recorded = readFileSync(new URL(`../test/fixtures/pcap/${name}.pcap`, import.meta.url));
  const records = recorded.subarray(FILE_HEADER);
  const times = Math.ceil((size - FILE_HEADER) / records.length);
  return Buffer.concat([recorded.subarray(0, FILE_HEADER), ...Array<Buffer>(times).fill(records)]);
}

/** Returns how many packets there were. */
function decodeAll(bytes: Uint8Array, inWords: boolean): number {
  let packets = 0;
  for (const { packet } of readCapture(bytes).packets) {
    packets += 1;
    if (inWords && packetWords(packet) === "") throw new Error("no words");
  }
  return packets;
}

interface Measured {
  readonly packets: number;
  readonly wallS: number;
  readonly cpuS: number;
}

function measured(bytes: Uint8Array, inWords: boolean): Measured {
  const startedAtMs = performance.now();
  const before = process.cpuUsage();
  const packets = decodeAll(bytes, inWords);
  const { user, system } = process.cpuUsage(before);
  return { packets, wallS: (performance.now() - startedAtMs) / 1e3, cpuS: (user + system) / 1e6 };
}

function report({ length }: Uint8Array, { packets, wallS, cpuS }: Measured): string {
  const perS = (seconds: number): string => (length / 1e6 / seconds).toFixed(0);
  return `${perS(wallS)} MB/s (CPU ${perS(cpuS)}), ${(packets / wallS / 1e3).toFixed(0)} thousand packets/s`;
}
