import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { cniOf, parseCell } from "../../../clusters/cells.ts";
import { manifestFor } from "../../../clusters/cni/manifest.ts";
import type { Cell } from "../../../lib/cell.ts";

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

  it("makes every kind that the agent waits for, and keeps what agents write into them", async () => {
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

  it("keeps kube-proxy, replaces it where there is none, and speaks IPv6 where the cell does", async () => {
    expect(await optionsOf(cell)).to.include({ "kube-proxy-replacement": "false", "enable-ipv6": "false" });
    const none = { ...cell, proxyMode: "none", ipFamily: "dual" } as const;
    expect(await optionsOf(none)).to.include({ "kube-proxy-replacement": "true", "enable-ipv6": "true" });
  });

  it("has its tunnel on the port its traits state", async () => {
    const { traits } = cniOf(cell);
    expect((await optionsOf(cell))["tunnel-port"]).to.equal(String(traits(cell).overlay?.udpPort));
  });

  it("shows the agent no sysctl of the host's", async () => {
    expect(await optionsOf(cell)).to.include({ procfs: "/host/proc" });
    const mounts = JSON.stringify(await documents(cell)).match(/"mountPath":"\/host\/proc[^"]*"/g);
    expect(mounts).to.deep.equal(['"mountPath":"/host/proc/sys/net"']);
  });
});
