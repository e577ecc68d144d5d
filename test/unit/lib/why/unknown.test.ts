import { expect } from "chai";
import type { Explanation } from "../../../../lib/model/explanation.ts";
import { explain } from "../../../../lib/why/explain.ts";
import { asBefore, edited, recorded, withTexts, type RecordedCase } from "./recorded.ts";

const DAMAGED = ["bridge-nf-call-iptables", "no-endpoints", "vxlan-port-blocked"] as const;

const failedPaths = ({ observations }: RecordedCase): ReadonlySet<string> =>
  new Set(observations.filter(({ symptom }) => symptom !== "ok").map(({ path }) => path));
const pathsOf = (found: readonly Explanation[]): ReadonlySet<string> => new Set(found.flatMap(({ paths }) => paths));

describe("why: a cause that no rule knows", () => {
  it("is reported as differences, those at the loss first", () => {
    const { files, observations } = recorded("vxlan-port-blocked");
    let altered = edited(asBefore(files), "during/A/sysctl.txt", (text) =>
      text.replace("conf/eth0/arp_ignore:0", "conf/eth0/arp_ignore:8"),
    );
    altered = edited(altered, "during/B/sysctl.txt", (text) => text.replace("tcp_syn_retries:6", "tcp_syn_retries:1"));
    const found = explain(altered, observations);
    expect(found.map(({ cause, confidence }) => `${confidence}: ${cause}`)).to.deep.equal([
      "likely: A differs from its baseline: sysctl net.ipv4.conf.eth0.arp_ignore: 0 → 8",
      "likely: B differs from its baseline: sysctl net.ipv4.tcp_syn_retries: 6 → 1",
    ]);
    expect(found[0]?.more).to.equal(null);
  });

  it("is reported as the last hop, where nothing differs", () => {
    const { files, observations } = recorded("vxlan-port-blocked");
    const found = explain(asBefore(files), observations);
    expect(found).to.have.length(1);
    expect(found[0]?.confidence).to.equal("found-nothing");
    expect(found[0]?.cause).to.equal(
      "no explanation found: request last seen on eth0 of A (in the tunnel), never on flannel.1 of A",
    );
    expect(found[0]?.fix).to.equal(null);
  });

  it("is a device that has gone down since, not one that has come up", () => {
    const { files, observations } = recorded("vxlan-port-blocked");
    const told = (path: string, to: string) => {
      const state = (text: string) => text.replace(/(\bcni0: .*) state UP/, `$1 state ${to}`);
      return explain(edited(asBefore(files), path, state), observations).map(({ confidence }) => confidence);
    };
    expect(told("before/B/link.txt", "UNKNOWN")).to.deep.equal(["found-nothing"]);
    expect(told("during/B/link.txt", "DOWN")).not.to.include("found-nothing");
  });

  it("is not a rule that drops other packets, of any number", () => {
    const { files, observations } = recorded("vxlan-port-blocked");
    const other = edited(files, "during/A/nft.txt", (text) => text.replace("udp dport 8472", "udp dport 8473"));
    const [first] = explain(other, observations);
    expect(first?.confidence).to.equal("likely");
    expect(first?.cause).to.match(/^A differs from its baseline: nft inet/);
  });

  it("is not a rule that has dropped fewer packets than were lost", () => {
    const { files, observations } = recorded("vxlan-port-blocked");
    const idle = edited(files, "during/A/nft.txt", (text) => text.replace("packets 39", "packets 0"));
    expect(explain(idle, observations).some(({ confidence }) => confidence === "proven")).to.equal(false);
    const few = edited(files, "during/A/nft.txt", (text) => text.replace("packets 39", "packets 1"));
    expect(explain(few, observations).some(({ confidence }) => confidence === "proven")).to.equal(false);
  });

  it("is not forwarding that is off for other devices or on another node", () => {
    const { files, observations } = recorded("ip-forward");
    const only = /ipv4\/conf\/(all|default|eth0|lo)\/forwarding:0/;
    const base = asBefore(files);
    const elsewhere = edited(base, "during/A/sysctl.txt", (text) =>
      text.replace(/(ipv4\/conf\/(?:all|default|eth0|lo)\/forwarding):1/g, "$1:0"),
    );
    expect(elsewhere.texts.get("during/A/sysctl.txt")).to.match(only);
    expect(explain(elsewhere, observations).every(({ confidence }) => confidence === "likely")).to.equal(true);
    const onB = edited(base, "during/B/sysctl.txt", (text) => text.replace("ipv4/ip_forward:1", "ipv4/ip_forward:0"));
    expect(explain(onB, observations).every(({ confidence }) => confidence === "likely")).to.equal(true);
  });

  it("is not FORWARD's policy where the baseline has the same", () => {
    const { files, observations } = recorded("ip-forward");
    const strict = (text: string): string =>
      text.replace(/:FORWARD ACCEPT/g, ":FORWARD DROP").replace(/^.*-A FLANNEL-FWD .*\n/gm, "");
    const before = edited(edited(files, "before/A/iptables-nft.txt", strict), "before/B/iptables-nft.txt", strict);
    const found = explain(asBefore(before), observations);
    expect(new Set(found.map(({ confidence }) => confidence))).to.deep.equal(new Set(["found-nothing"]));
    const during = edited(asBefore(files), "during/A/iptables-nft.txt", strict);
    expect(explain(during, observations)[0]?.cause).to.match(
      /^FORWARD drops what no rule accepts on A, .* \(in the baseline it was accepted\)$/,
    );
  });

  it("is not bridge netfilter where the bridge itself enables it", () => {
    const { files, observations } = recorded("bridge-nf-call-iptables");
    const asked = edited(files, "during/A/link.txt", (text) =>
      text.replace("nf_call_iptables 0", "nf_call_iptables 1"),
    );
    expect(explain(asked, observations).some(({ confidence }) => confidence === "proven")).to.equal(false);
  });

  it("is not a Service of another port", () => {
    const { files, observations } = recorded("no-endpoints");
    const other = (text: string): string => text.replace(/--dport (80|31419) -j REJECT/g, "--dport 81 -j REJECT");
    const both = edited(edited(files, "during/A/iptables-nft.txt", other), "during/B/iptables-nft.txt", other);
    expect(explain(both, observations).some(({ confidence }) => confidence === "proven")).to.equal(false);
  });
});

describe("why: the CoreDNS loop", () => {
  it("ranks before the Service without endpoints that it causes", () => {
    const { files, observations } = recorded("coredns-ended");
    const line =
      '2026-11-21T18:03:36.1Z stdout F [FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting.\n';
    const [first, second] = explain(
      withTexts(files, { "during/B/log-coredns-5d55fc554b-bwf26.txt": line }),
      observations,
    );
    expect(first?.cause).to.match(/^CoreDNS has stopped itself, Loop … detected/);
    expect(first?.evidence[0]).to.equal(`during/B/log-coredns-5d55fc554b-bwf26.txt: ${line.trim()}`);
    expect(second?.cause).to.match(/has no ready endpoints/);
  });
});

describe("why: damaged evidence", () => {
  const lacks = (found: readonly Explanation[]): string => found.flatMap(({ evidence }) => evidence).join("\n");

  for (const name of DAMAGED) {
    it(`neither throws nor omits a path: ${name}`, () => {
      const one = recorded(name);
      for (const [index, path] of [...one.files.texts.keys()].entries()) {
        const text = one.files.texts.get(path) ?? "";
        const damaged =
          [null, "", text.slice(0, text.length / 2), "\u0000\uFFFD{}[1,2]\n".repeat(3)][index % 4] ?? null;
        const found = explain(withTexts(one.files, { [path]: damaged }), one.observations);
        expect(pathsOf(found), path).to.deep.equal(failedPaths(one));
        expect(JSON.stringify(found), path).not.to.include("explaining failed");
      }
    });
  }

  it("is reported when all of it is missing", () => {
    const { observations } = recorded("ip-forward");
    const found = explain({ texts: new Map(), captures: new Map(), lacking: ["no evidence: gone"] }, observations);
    expect(found).to.have.length(1);
    expect(found[0]?.confidence).to.equal("found-nothing");
    expect(lacks(found)).to.include("lacking: no evidence: gone");
    expect(lacks(found)).to.include("lacking: no capture");
  });

  it("claims no loss at a hop without a capture", () => {
    const { files, observations } = recorded("vxlan-port-blocked");
    for (const bytes of [new Uint8Array(), files.captures.get("A")?.subarray(0, 700) ?? new Uint8Array()]) {
      const captures = new Map([...files.captures, ["A", bytes]]);
      const found = explain({ ...asBefore(files), captures }, observations);
      expect(JSON.stringify(found)).not.to.match(/never on \S+ of A/);
      expect(lacks(found)).to.include("lacking: A.pcap");
    }
  });

  it("is reported for a full capture, and is not read as a loss", () => {
    const { files, observations } = recorded("vxlan-port-blocked");
    const captures = [{ node: "A", counts: { cut: true } }];
    const full = withTexts(asBefore(files), { "index.json": JSON.stringify({ captures }) });
    expect(JSON.stringify(explain(full, observations))).not.to.match(/never on \S+ of A/);
  });
});

describe("why: translation", () => {
  const gone = (text: string, pattern: RegExp): string =>
    text
      .split("\n")
      .filter((line) => !pattern.test(line))
      .join("\n");

  it("is missing where a Service's packet leaves untranslated and its rule is gone", () => {
    const { files, observations } = recorded("vxlan-link-down");
    // The lookup that left by the uplink was for a pod; at the Service's address, no rule would have translated it.
    const where = JSON.parse(files.texts.get("where.json") ?? "{}") as { pods: { dnsB: unknown }; serviceIps: object };
    const pods = { ...where.pods, dnsB: undefined };
    const asService = { ...where, pods, serviceIps: { ...where.serviceIps, other: "10.244.0.6" } };
    const rule = "[0:0] -A KUBE-SERVICES -d 10.244.0.6/32 -p udp -m udp --dport 53 -j KUBE-SVC-OTHER\n";
    const path = "before/A/iptables-nft.txt";
    const before = (files.texts.get(path) ?? "").replace(/^\[\d+:\d+\] -A KUBE-SERVICES -d/m, `${rule}$&`);
    const changed = withTexts(files, { "where.json": JSON.stringify(asService), [path]: before });
    const found = explain(
      changed,
      observations.filter((one) => one.path === "same → dnsB by podIP"),
    );
    expect(found.map(({ cause }) => cause).join("\n")).to.match(
      /nothing on A translates 10\.244\.0\.6 to an endpoint: "-A KUBE-SERVICES .*KUBE-SVC-OTHER" \(iptables-nft\) is gone/,
    );
  });

  it("out of the cluster is missing where a pod's address is seen outside and the rule is gone", () => {
    const { files, observations } = recorded("vxlan-link-down");
    const where = JSON.parse(files.texts.get("where.json") ?? "{}") as { pods: { dnsB: unknown } };
    const noPod = { ...where, pods: { ...where.pods, dnsB: undefined } };
    const path = "during/A/iptables-nft.txt";
    const altered = edited(withTexts(files, { "where.json": JSON.stringify(noPod) }), path, (text) =>
      gone(text, /-j MASQUERADE/),
    );
    const lookups = observations.filter((one) => one.path === "same → dnsB by podIP");
    const masquerade =
      /^nothing on A masquerades what its pods send out of the cluster: "-A \S+ .*-j MASQUERADE.*" is gone$/;
    expect(explain(altered, lookups).filter(({ cause }) => masquerade.test(cause))).to.have.length(1);
    expect(explain(files, lookups).filter(({ cause }) => masquerade.test(cause))).to.have.length(0);
  });
});
