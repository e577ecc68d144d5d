import { expect } from "chai";
import { decodeFrame } from "../../../../../lib/evidence/pcap/decode.ts";
import { packetWords } from "../../../../../lib/evidence/pcap/words.ts";
import * as frames from "../../../../fixtures/pcap/frames.ts";

const { dns, dnsName, ethernet, geneve, icmp, ipv4, ipv6, onWire, tagged, tcp, udp, vxlan } = frames;
const SYN = onWire(ipv4(6, tcp(0x02)));
const QUOTE = ipv4(6, tcp(0x02));
const NAME = dnsName("server", "svc");
const SOLICITATION = icmp(135, 0, "00000000", `${"20010db8".padEnd(31, "0")}2`);

const CASES: Readonly<Record<string, string>> = {
  "192.0.2.1:40112 → 192.0.2.2:80 TCP S": SYN,
  "192.0.2.1:40112 → 192.0.2.2:80 TCP SA": onWire(ipv4(6, tcp(0x12))),
  "192.0.2.1:40112 → 192.0.2.2:80 TCP RA": onWire(ipv4(6, tcp(0x14))),
  "192.0.2.1:40112 → 192.0.2.2:80 TCP none": onWire(ipv4(6, tcp(0))),
  "[2001:db8::1]:40112 → [2001:db8::2]:80 TCP PA 4 bytes": onWire(ipv6(6, tcp(0x18, "00000000"))),
  "192.0.2.1:40112 → 192.0.2.2:9 UDP 3 bytes": onWire(ipv4(17, udp(9, "aabbcc"))),
  "192.0.2.1:40112 → 192.0.2.2:8472 VXLAN 1 [ 192.0.2.1:40112 → 192.0.2.2:80 TCP S ]": onWire(
    ipv4(17, udp(8472, vxlan(1, SYN))),
  ),
  "192.0.2.1:40112 → 192.0.2.2:6081 Geneve 5 [ VLAN 9 192.0.2.1:40112 → 192.0.2.2:80 TCP S ]": onWire(
    ipv4(17, udp(6081, geneve(5, 0x6558, tagged(SYN, [0x8100, 9])))),
  ),
  "VLAN 100 VLAN 7 192.0.2.1:40112 → 192.0.2.2:80 TCP S": tagged(SYN, [0x88a8, 100], [0x8100, 7]),
  "192.0.2.1 → 192.0.2.2 ICMP host unreachable [ 192.0.2.1:40112 → 192.0.2.2:80 TCP S ]": onWire(
    ipv4(1, icmp(3, 1, "00000000", QUOTE)),
  ),
  "192.0.2.1 → 192.0.2.2 ICMP port unreachable [ 192.0.2.1:40112 → 192.0.2.2:80 TCP ]": onWire(
    ipv4(1, icmp(3, 3, "00000000", QUOTE.slice(0, 56))),
  ),
  "192.0.2.1 → 192.0.2.2 ICMP fragmentation needed MTU 1400 [ 192.0.2.1:40112 → 192.0.2.2:80 TCP S ]": onWire(
    ipv4(1, icmp(3, 4, "00000578", QUOTE)),
  ),
  "192.0.2.1 → 192.0.2.2 ICMP redirect to 192.0.2.99 [ 192.0.2.1:40112 → 192.0.2.2:80 TCP S ]": onWire(
    ipv4(1, icmp(5, 1, "c0000263", QUOTE)),
  ),
  "192.0.2.1 → 192.0.2.2 ICMP echo request 1/2": onWire(ipv4(1, icmp(8, 0, "00010002"))),
  "192.0.2.1 → 192.0.2.2 ICMP type 42 code 7": onWire(ipv4(1, icmp(42, 7, "00000000"))),
  "2001:db8::1 → 2001:db8::2 ICMP neighbour solicitation for 2001:db8::2": onWire(ipv6(58, SOLICITATION)),
  "2001:db8::1 → 2001:db8::2 ICMP address unreachable [ unreadable packet (ip cut short at byte 62) ]": onWire(
    ipv6(58, icmp(1, 3, "00000000")),
  ),
  "ARP who has 192.0.2.2? asks 192.0.2.1": ethernet(0x0806, "0001080006040001020000000001c0000201000000000000c0000202"),
  "ARP 192.0.2.1 is at 02:00:00:00:00:01": ethernet(0x0806, "0001080006040002020000000001c0000201000000000000c0000202"),
  "192.0.2.1:40112 → 192.0.2.2:53 DNS 43981 asks server.svc A": onWire(ipv4(17, udp(53, dns(NAME)))),
  "192.0.2.1:53 → 192.0.2.2:40112 DNS 43981 answers server.svc AAAA: NXDOMAIN": onWire(
    ipv4(17, udp(40112, dns(NAME, 28, 0x8183), 53)),
  ),
  "192.0.2.1:53 → 192.0.2.2:40112 DNS 43981 answers server.svc type 99: no record": onWire(
    ipv4(17, udp(40112, dns(NAME, 99, 0x8180), 53)),
  ),
  "192.0.2.1:40112 → 192.0.2.2:9 UDP 2 bytes, first fragment of 4660": onWire(
    ipv4(17, udp(9, "aabb"), { fragmentWord: 0x2000 }),
  ),
  "192.0.2.1 → 192.0.2.2 fragment of 4660 from byte 24": onWire(ipv4(17, "0000", { fragmentWord: 3 })),
  "192.0.2.1 → 192.0.2.2 protocol 132": onWire(ipv4(132, "00")),
  "EtherType 0x88cc": ethernet(0x88cc, "00"),
  "802.3 frame": ethernet(39, "00"),
  "unreadable packet (ip malformed at byte 14)": ethernet(0x0800, "00".repeat(20)),
  "unreadable packet (link cut short at byte 0)": "0000",
};

describe("a packet in words", () => {
  for (const [words, frame] of Object.entries(CASES)) {
    it(words, () => {
      const data = Buffer.from(frame, "hex");
      expect(packetWords(decodeFrame({ data, originalLength: data.length }, "ethernet"))).to.equal(words);
    });
  }
});
