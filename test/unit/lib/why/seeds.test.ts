import { expect } from "chai";
import type { Explanation } from "../../../../lib/model/explanation.ts";
import { explain } from "../../../../lib/why/explain.ts";
import { asBefore, recorded, withCaptures, withoutBaseline, withTexts } from "./recorded.ts";

/** The seed failures as recorded on a real cluster, and the cause that must come first. */
const SEEDS: Readonly<Record<string, { cause: RegExp; without: RegExp; more: string }>> = {
  "bridge-nf-call-iptables": {
    cause:
      /^net\.bridge\.bridge-nf-call-iptables is 0 on A \(baseline 1\): reply left the bridge with the pod's address as source; conntrack SYN_SENT \[UNREPLIED\]$/,
    without: /^net\.bridge\.bridge-nf-call-iptables is 0 on A: reply left the bridge/,
    more: "docs/failure-modes/bridge-nf-call-iptables.md",
  },
  "bridge-nf-intermittent-dns": {
    cause:
      /^net\.bridge\.bridge-nf-call-iptables is 0 on A \(baseline 1\): reply left the bridge .* conntrack \[UNREPLIED\]$/,
    without: /^net\.bridge\.bridge-nf-call-iptables is 0 on A: reply left the bridge/,
    more: "docs/failure-modes/bridge-nf-call-iptables.md",
  },
  // A dual-stack cluster, over IPv6.
  "bridge-nf-call-ip6tables": {
    cause:
      /^net\.bridge\.bridge-nf-call-ip6tables is 0 on A \(baseline 1\): reply left the bridge with the pod's address as source; conntrack SYN_SENT \[UNREPLIED\]$/,
    without: /^net\.bridge\.bridge-nf-call-ip6tables is 0 on A: reply left the bridge/,
    more: "docs/failure-modes/bridge-nf-call-ip6tables.md",
  },
  "no-endpoints": {
    cause: /^Service faultline\/server has no ready endpoints: kube-proxy rejects/,
    without: /^Service faultline\/server has no ready endpoints: kube-proxy rejects/,
    more: "docs/failure-modes/no-endpoints.md",
  },
  "ip-forward": {
    cause: /^net\.ipv4\.ip_forward is 0 on A \(baseline 1\): A does not forward/,
    without: /^net\.ipv4\.ip_forward is 0 on A: A does not forward/,
    more: "docs/failure-modes/ip-forward.md",
  },
  "pod-cidr-overlap": {
    cause:
      /^B takes 10\.244\.1\.2 for a neighbour on eth0, by route "10\.244\.1\.2 dev eth0 .*" \(not in the baseline\)/,
    without: /^B takes 10\.244\.1\.2 for a neighbour on eth0, by route "10\.244\.1\.2 dev eth0 .*": ARP/,
    more: "docs/failure-modes/pod-cidr-overlap.md",
  },
  "vxlan-link-down": {
    cause: /^flannel\.1, the overlay's device, is down \(baseline up\) on A$/,
    without: /^flannel\.1, the overlay's device, is down on A$/,
    more: "docs/failure-modes/vxlan-link-down.md",
  },
  "vxlan-port-blocked": {
    cause:
      /^the overlay's UDP port 8472 is blocked on A: a firewall rule on A \(not in the baseline\) drops it: nft table inet .*: udp dport 8472 drop$/,
    without:
      /^the overlay's UDP port 8472 is blocked on A: a firewall rule on A drops it: nft table inet .*: udp dport 8472 drop$/,
    more: "docs/failure-modes/vxlan-port-blocked.md",
  },
  // kube-proxy in nftables mode.
  "no-endpoints-nftables": {
    cause: /^Service faultline\/server has no ready endpoints: kube-proxy rejects/,
    without: /^Service faultline\/server has no ready endpoints: kube-proxy rejects/,
    more: "docs/failure-modes/no-endpoints.md",
  },
  "coredns-loop": {
    cause:
      /^CoreDNS has stopped itself, Loop … detected: it forwards to itself, so Service kube-system\/kube-dns:dns has no endpoints$/,
    without: /^CoreDNS has stopped itself, Loop … detected/,
    more: "docs/failure-modes/coredns-loop.md",
  },
  // Recorded before the new replicas had started: it does not show the loop yet, and no rule may infer it.
  "coredns-ended": {
    cause:
      /^no CoreDNS pod is ready: the earlier ones have ended \(SIGTERM\), so Service kube-system\/kube-dns:dns has no endpoints$/,
    without: /^no CoreDNS pod is ready/,
    more: "docs/failure-modes/coredns-loop.md",
  },
};

const causes = (found: readonly Explanation[]): readonly string[] => found.map(({ cause }) => cause);
const provenIn = (found: readonly Explanation[]): readonly string[] =>
  causes(found.filter(({ confidence }) => confidence === "proven"));

for (const [name, { cause, without, more }] of Object.entries(SEEDS)) {
  describe(`why: ${name}`, () => {
    const { files, observations } = recorded(name);
    const failed = new Set(observations.filter(({ symptom }) => symptom !== "ok").map(({ path }) => path));

    it("names the true cause first, for every path that failed", () => {
      const [first] = explain(files, observations);
      expect(first?.cause).to.match(cause);
      expect(first?.confidence).to.equal("proven");
      expect(first?.more).to.equal(more);
      expect(new Set(first?.paths)).to.deep.equal(failed);
      expect(first?.evidence.some((line) => line.includes(".pcap: "))).to.equal(true);
      expect(first?.evidence.some((line) => line.startsWith("during/"))).to.equal(true);
    });

    it("explains no path that was ok", () => {
      const paths = explain(files, observations).flatMap((one) => one.paths);
      expect(new Set(paths)).to.deep.equal(failed);
      const controls = observations.filter(({ symptom }) => symptom === "ok");
      expect(explain(files, controls)).to.deep.equal([]);
    });

    it("describes only the present state without a baseline", () => {
      const [first] = explain(withoutBaseline(files), observations);
      expect(first?.cause).to.match(without);
      expect(JSON.stringify(first)).not.to.include("baseline");
    });

    it("proves nothing when the nodes equal their baseline", () => {
      const found = explain(asBefore(files), observations);
      expect(provenIn(found)).to.deep.equal([]);
      expect(new Set(found.map(({ confidence }) => confidence))).to.deep.equal(new Set(["found-nothing"]));
      expect(new Set(found.flatMap(({ paths }) => paths))).to.deep.equal(failed);
    });

    it("proves nothing from captures of other flows", () => {
      const other = name === "ip-forward" ? "no-endpoints" : "ip-forward";
      const found = explain(withCaptures(files, recorded(other).files.captures), observations);
      expect(provenIn(found)).to.deep.equal([]);
      expect(new Set(found.flatMap(({ paths }) => paths))).to.deep.equal(failed);
    });

    it("does not read the injected fault", () => {
      const unmarked = Object.fromEntries(
        [...files.texts].map(([path, text]) => [
          path,
          text.replace(/ comment "faultline [^"]*"/g, "").replace(/ proto 201/g, ""),
        ]),
      );
      const [first] = explain(withTexts(files, unmarked), observations);
      expect(first?.cause.replace(/ proto 201/, "")).to.match(cause);
    });
  });
}
