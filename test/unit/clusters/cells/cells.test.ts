import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import {
  cniOf,
  cniVersionOf,
  DEFAULT_CELL,
  describeCells,
  knownCells,
  parseCell,
  parseCells,
  traitsOf,
} from "../../../../clusters/cells/cells.ts";
import { filled, manifestFor } from "../../../../clusters/create/cni-manifest.ts";
import { closestMatch } from "../../../../clusters/cells/closest-match.ts";
import { cellId } from "../../../../lib/model/cell.ts";
import { UsageError } from "../../../../lib/host/errors.ts";
import { AGENT_GONE_LABEL } from "../../../../lib/faults/kinds/agent/label.ts";

/** Only the fields that the tests read. */
interface Manifest {
  readonly kind?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly affinity?: { readonly nodeAffinity?: object } } };
  };
}

const id = cellId(DEFAULT_CELL);
const [cni = "", , kubernetes = ""] = id.split("/");

describe("parseCell", () => {
  it("parses the id of every known cell", () => {
    for (const cell of knownCells()) expect(parseCell(cellId(cell))).to.deep.equal(cell);
  });

  const table: Readonly<Record<string, string>> = {
    flannel: id,
    [cni]: id,
    "flannel/iptables": id,
    [`flannel/iptables/${kubernetes}`]: id,
    "flannel/nftables": id.replace("iptables", "nftables"),
    [`${cni}/nftables/${kubernetes}/ipv4`]: id.replace("iptables", "nftables"),
  };
  for (const [text, cell] of Object.entries(table)) {
    it(`${text} is ${cell}`, () => {
      expect(cellId(parseCell(text))).to.equal(cell);
    });
  }

  it("reads a minor as its newest patch, an alias as its CNI, and host as no own kernel", () => {
    expect(cellId(parseCell("flannel-vxlan/iptables/1.34/ipv4/host"))).to.equal(id);
    expect(parseCell("flannel-host-gw").cni).to.equal("flannel-host-gw");
  });

  const wrong: Readonly<Record<string, RegExp>> = {
    "": /CNI "" is not known; the nearest is \S+@/,
    flanel: /CNI "flanel" is not known; the nearest is flannel/,
    "flannel@0.0.1": /CNI "flannel@0.0.1" is not known/,
    "flannel//": /kube-proxy mode "" is not known/,
    "flannel/iptables/9.9": /Kubernetes "9.9" is not known/,
    "flannel/iptables/1": /Kubernetes "1" is not known/,
    "flannel/iptables/1.34/ipv5": /IP family "ipv5" is not known/,
    [`${id}/host/more`]: /is not known/,
    [`${id}/more`]: /kernel more is not known/,
    Flannel: /CNI "Flannel" is not known/,
    "flannel/iptables/1.34/ipv4/debian:5.10": /kernel debian:5.10 is not known/,
    "flannel/none": /is unavailable: flannel does not replace kube-proxy/,
    "cilium/iptables/1.34/ipv6": /is unavailable: Cilium 1.15's tunnel runs over IPv4 alone.*; the nearest is cilium/,
    "weave/nftables": /is unavailable: weave does not support kube-proxy mode nftables; the nearest is weave/,
    "terway@1.0/iptables": /is unavailable: Terway takes pods' addresses .* from its cloud's network interfaces/,
  };
  for (const [text, message] of Object.entries(wrong)) {
    it(`refuses ${JSON.stringify(text)} with the reason, the nearest cell and the list command`, () => {
      const thrown = (): unknown => parseCell(text);
      expect(thrown).to.throw(UsageError, message);
      expect(thrown).to.throw().with.property("nextStep").that.includes("list cells");
    });
  }
});

describe("parseCells", () => {
  it("combines the alternatives of all parts, each with each", () => {
    const ids = parseCells("flannel,ptp/iptables,nftables").map(cellId);
    expect(ids).to.deep.equal(
      ["flannel/iptables", "flannel/nftables", "ptp/iptables", "ptp/nftables"].map((text) => cellId(parseCell(text))),
    );
    expect(parseCells("flannel").map(cellId)).to.deep.equal([id]);
  });

  it("refuses a set with one unavailable cell, and a set of too many cells", () => {
    expect(() => parseCells("flannel/iptables,none")).to.throw(UsageError, "flannel/none");
    expect(() => parseCells("flannel,")).to.throw(UsageError, 'CNI "" is not known');
    const many = Array.from({ length: 40 }, () => "flannel").join(",");
    expect(() => parseCells(`${many}/${many}`)).to.throw(UsageError, "stands for 1600 cells");
  });
});

describe("cells", () => {
  it("are listed one CNI per line, in a form that --cell reads", () => {
    const lines = describeCells();
    for (const line of lines) expect(() => parseCells(line.split("  ")[0] ?? ""), line).not.to.throw();
    expect(lines[0]).to.match(/^flannel@/);
  });

  it("are all different, and include the default", () => {
    const ids = knownCells().map(cellId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids).to.include(id);
  });

  it("have a CNI with traits, and a manifest whose tokens are all filled", async () => {
    for (const cell of knownCells()) {
      const traits = traitsOf(cell);
      expect(traits).to.include.all.keys("bridge", "overlay");
      for (const { everyMs } of traits.resyncs) expect(everyMs).to.be.above(0);
      const { install } = cniOf(cell);
      if (install.by !== "manifest") continue;
      const manifest = await manifestFor(install, cell);
      expect(manifest).not.to.match(/\{\{[A-Z]/);
      for (const { errors } of parseAllDocuments(manifest)) expect(errors, cellId(cell)).to.deep.equal([]);
    }
    expect(() => cniOf({ ...DEFAULT_CELL, cni: "none" })).to.throw(UsageError, '"none" is not known');
    expect(() => cniVersionOf({ ...DEFAULT_CELL, cniVersion: "0" })).to.throw(UsageError, "flannel 0 is not known");
  });

  it("have a manifest of valid YAML and JSON, and an agent that leaves a node marked by the fault", async () => {
    for (const cell of knownCells()) {
      const { install } = cniOf(cell);
      const { agent } = traitsOf(cell);
      if (install.by !== "manifest") continue;
      expect(agent, cellId(cell)).to.deep.equal(install.ready);
      const documents = parseAllDocuments(await manifestFor(install, cell));
      const objects = documents
        .map((one): Manifest | null => one.toJS() as Manifest | null)
        .filter((one) => one !== null);
      expect(documents.flatMap(({ errors }) => errors)).to.deep.equal([]);
      for (const { data = {} } of objects) {
        for (const [name, text] of Object.entries(data)) {
          if (/\.json$|\.conflist$/.test(name))
            expect(() => void JSON.parse(text), `${cellId(cell)} ${name}`).not.to.throw();
        }
      }
      const agents = objects.filter(({ kind }) => kind === "DaemonSet");
      expect(agents).to.not.be.empty;
      for (const { spec } of agents) {
        expect(JSON.stringify(spec?.template?.spec?.affinity?.nodeAffinity), cellId(cell)).to.include(
          `{"key":"${AGENT_GONE_LABEL}","operator":"DoesNotExist"}`,
        );
      }
    }
  });

  it("have the CNI's images in the node, and never pull", async () => {
    for (const cell of knownCells()) {
      const { install } = cniOf(cell);
      if (install.by !== "manifest") continue;
      const manifest = await manifestFor(install, cell);
      const named = [...manifest.matchAll(/image: "?([^\s"]+)/g)].map(([, image]) => image);
      const { offline, upstream } = cniVersionOf(cell);
      const made = (offline?.images ?? upstream ?? []).map(({ name }) => name);
      expect(made, cellId(cell)).to.include.members([...new Set(named)]);
      expect(manifest.match(/imagePullPolicy: Never/g)).to.have.lengthOf(named.length);
    }
  });

  it("fill in a peer cluster's pod networks", async () => {
    const { install } = cniOf(DEFAULT_CELL);
    if (install.by !== "manifest") throw new Error("the default CNI has no manifest");
    const [own, peer] = await Promise.all([
      manifestFor(install, DEFAULT_CELL),
      manifestFor(install, DEFAULT_CELL, ["10.245.0.0/16"]),
    ]);
    const networkIn = (manifest: string) => {
      const config = parseAllDocuments(manifest).map((one) => one.toJS() as { data?: Record<string, string> });
      const text = config.find(({ data }) => data?.["net-conf.json"])?.data?.["net-conf.json"] ?? "";
      return (JSON.parse(text) as { Network: string }).Network;
    };
    expect([networkIn(own), networkIn(peer)]).to.deep.equal(["10.244.0.0/16", "10.245.0.0/16"]);
  });

  it("give flannel the families of the cell, as JSON", async () => {
    const flannel = knownCells().filter((cell) => cell.cni.startsWith("flannel"));
    expect(new Set(flannel.map(({ ipFamily }) => ipFamily))).to.deep.equal(new Set(["ipv4", "ipv6", "dual"]));
    for (const cell of flannel) {
      const { install } = cniOf(cell);
      const manifest = install.by === "manifest" ? await manifestFor(install, cell) : "";
      const objects = parseAllDocuments(manifest).map((one) => one.toJS() as { data?: Record<string, string> });
      const text = objects.flatMap(({ data }) => data?.["net-conf.json"] ?? [])[0];
      const conf = JSON.parse(text ?? "") as Record<string, unknown>;
      const is = { 4: conf["EnableIPv4"] !== false, 6: conf["EnableIPv6"] === true };
      expect(is, cellId(cell)).to.deep.equal({ 4: cell.ipFamily !== "ipv6", 6: cell.ipFamily !== "ipv4" });
      expect([conf["Network"] !== undefined, conf["IPv6Network"] !== undefined]).to.deep.equal([is[4], is[6]]);
      expect(conf["Backend"]).to.include.keys("Type");
    }
  });

  it("fill each token, and refuse a value without a token", () => {
    expect(filled("a: {{B}}{{B}}", { B: "$&1" }, "f")).to.equal("a: $&1$&1");
    expect(() => filled("a: {{B}}", {}, "f.yaml")).to.throw("f.yaml: no value for {{B}}");
    expect(() => filled("a", { B: "1", C: "2" }, "f.yaml")).to.throw("f.yaml: lacks {{B}}, {{C}}");
  });
});

describe("closestMatch", () => {
  it("is the candidate with the fewest edits", () => {
    expect(closestMatch("servces/no-endpoint", ["dns/coredns-loop", "services/no-endpoints"])).to.equal(
      "services/no-endpoints",
    );
    expect(closestMatch("", ["abc", "a"])).to.equal("a");
    expect(closestMatch("x", [])).to.equal("none");
  });
});
