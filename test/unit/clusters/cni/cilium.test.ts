import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { cniOf, parseCell } from "../../../../clusters/cells/cells.ts";
import { manifestFor } from "../../../../clusters/create/cni-manifest.ts";
import { ciliumLacks } from "../../../../clusters/cni/cilium/machine.ts";
import type { Cell } from "../../../../lib/model/cell.ts";

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly versions?: readonly { readonly name: string; readonly schema: unknown }[] };
}

async function documents(cell: Cell): Promise<readonly Document[]> {
  const { install } = cniOf(cell);
  if (install.by !== "manifest") throw new Error("Cilium comes by a manifest");
  return parseAllDocuments(await manifestFor(install, cell)).map((document) => document.toJS() as Document);
}

const optionsOf = async (cell: Cell) => (await documents(cell)).find(({ kind }) => kind === "ConfigMap")?.data ?? {};

describe("Cilium's manifest", () => {
  const cell = parseCell("cilium");

  it("defines every kind that the agent waits for, and keeps the fields that agents write", async () => {
    const kinds = (await documents(cell)).filter(({ kind }) => kind === "CustomResourceDefinition");
    const names = kinds.map(({ metadata, spec }) => `${metadata.name.split(".")[0]} ${spec?.versions?.[0]?.name}`);
    // agentCRDResourceNames() in pkg/k8s/synced/crd.go, with the options this manifest sets.
    expect(names.sort()).to.deep.equal([
      "ciliumcidrgroups v2alpha1",
      "ciliumclusterwidenetworkpolicies v2",
      "ciliumendpoints v2",
      "ciliumidentities v2",
      "ciliuml2announcementpolicies v2alpha1",
      "ciliumloadbalancerippools v2alpha1",
      "ciliumnetworkpolicies v2",
      "ciliumnodes v2",
      "ciliumpodippools v2alpha1",
    ]);
    const anything = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    for (const { spec } of kinds) expect(spec?.versions?.[0]?.schema).to.deep.equal(anything);
  });

  it("replaces kube-proxy only in mode none, and enables IPv6 where the cell has it", async () => {
    expect(await optionsOf(cell)).to.include({ "kube-proxy-replacement": "false", "enable-ipv6": "false" });
    const none = { ...cell, proxyMode: "none", ipFamily: "dual" } as const;
    expect(await optionsOf(none)).to.include({ "kube-proxy-replacement": "true", "enable-ipv6": "true" });
  });

  it("puts its tunnel on the port of its traits", async () => {
    const { traits } = cniOf(cell);
    expect((await optionsOf(cell))["tunnel-port"]).to.equal(String(traits(cell).overlay?.udpPort));
  });

  it("has no text in its scripts that Kubernetes would expand", async () => {
    for (const ipFamily of ["ipv4", "dual"] as const) {
      const all = JSON.stringify(await documents({ ...cell, ipFamily }));
      expect(all).not.to.match(/\$\(\w+\)|\$\$/);
      expect(all).to.include(`! ${ipFamily === "dual"} || built_in ip6`);
    }
  });

  it("hides the host's sysctls from the agent", async () => {
    expect(await optionsOf(cell)).to.include({ procfs: "/host/proc" });
    const mounts = JSON.stringify(await documents(cell)).match(/"mountPath":"\/host\/proc[^"]*"/g);
    expect(mounts).to.deep.equal(['"mountPath":"/host/proc/sys/net"']);
  });
});

describe("what Cilium lacks on a machine", () => {
  const machine = (docker: string) => ({
    platform: "linux" as const,
    readText: () => Promise.resolve(undefined),
    exec: (argv: readonly string[]) => Promise.resolve({ ...ANSWER, stdout: argv.join(" ") === ASKED ? docker : "" }),
  });
  const ASKED = "docker info --format {{.ServerVersion}} {{.DefaultRuntime}}";
  const ANSWER = { argv: [], exitCode: 0, stdout: "", stderr: "", timedOut: false, durationMs: 1 };
  const lacks = async (proxyMode: "iptables" | "none", docker: string) =>
    await ciliumLacks({ proxyMode }, machine(docker));

  it("is an engine whose nodes hold BPF's capabilities: a newer Docker's, or those of our own runtime", async () => {
    expect(await lacks("iptables", "20.10.24+dfsg1 runc")).to.equal(
      "Docker 23, whose nodes may load BPF programs (here 20.10.24)",
    );
    expect(await lacks("iptables", "23.0.0 runc")).to.equal(null);
    expect(await lacks("iptables", "20.10.24+dfsg1 bounded")).to.equal(null);
  });

  it("is all of it where it takes kube-proxy's place: that is not supported yet", async () => {
    expect(await lacks("none", "26.1.5 runc")).to.include("not supported here yet");
    expect(await lacks("iptables", "26.1.5 runc")).to.equal(null);
  });

  it("is not asked where Docker runs in a machine that cannot be looked into", async () => {
    expect(await ciliumLacks({ proxyMode: "iptables" }, { ...machine("20.10.24 runc"), platform: "darwin" })).to.equal(
      null,
    );
  });
});
