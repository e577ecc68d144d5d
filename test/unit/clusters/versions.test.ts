import { expect } from "chai";
import { readFileSync } from "node:fs";
import { CNIS } from "../../../clusters/cni/registry.ts";
import { KUBERNETES } from "../../../clusters/image/kubernetes.ts";
import { VERSIONS } from "../../../clusters/versions/versions.ts";

const ROOT = new URL("../../../", import.meta.url);
const PAGE = readFileSync(new URL("docs/versions.md", ROOT), "utf8");
const { devDependencies, dependencies } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Returns each part and its pinned versions, as the page's table has them; "bridge, ptp" is two parts. */
function pinnedOnPage(): Readonly<Record<string, string>> {
  const rows = PAGE.split("\n").filter((line) => line.startsWith("| "));
  const cells = rows.slice(2).map((row) => row.split("|").map((cell) => cell.trim()));
  return Object.fromEntries(
    cells.flatMap(([, parts = "", pinned = ""]) => parts.split(", ").map((part) => [part, pinned] as const)),
  );
}

describe("docs/versions.md", () => {
  it("has each pinned version as the code has it, and no other", () => {
    const kubernetes = KUBERNETES.map(
      ({ version }) => [`Kubernetes ${version.replace(/\.\d+$/, "")}`, version] as const,
    );
    const cnis = CNIS.map(({ name, versions }) => [name, versions.map(({ version }) => version).join(", ")] as const);
    const { etcd, coredns, kind, go, debian } = VERSIONS;
    expect(pinnedOnPage()).to.deep.equal({
      ...Object.fromEntries([...kubernetes, ...cnis]),
      etcd,
      CoreDNS: coredns,
      kind,
      Debian: debian,
      "Go (at least)": go,
      "Node.js": { ...devDependencies, ...dependencies }["node"],
    });
  });

  it("says on which day they were looked at", () => {
    expect(PAGE).to.match(/Looked at on \d{4}-\d{2}-\d{2}:/);
  });
});
