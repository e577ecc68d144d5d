import { expect } from "chai";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MAKE_CLUSTERS } from "../../../../clusters/lane/kept.ts";
import { filesOnDisk, filesReached, keyOfFiles, type FileReader } from "../../../../clusters/lane/reached.ts";

const ROOT = join(import.meta.dirname, "../../../..");

/** A reader of files that are given as text, by path. */
function readerOf(files: Readonly<Record<string, string>>): FileReader {
  return {
    textOf: (path) => files[path],
    filesBelow: (path) => {
      const below = Object.keys(files).filter((one) => path === "." || one.startsWith(`${path}/`));
      return below.length === 0 ? undefined : below.sort();
    },
  };
}

const reachedFrom = (text: string, others: readonly string[]) =>
  filesReached(
    ["a/main.ts"],
    readerOf({ "a/main.ts": text, ...Object.fromEntries(others.map((path) => [path, ""])) }),
  ).filter((path) => path !== "a/main.ts");

describe("filesReached", () => {
  it("follows imports of every form, and those of what it finds", () => {
    const files = {
      "a/main.ts":
        'import { x } from "./b.ts";\nimport "./c.ts";\nexport * from "../d.ts";\nimport {\n  one,\n} from "./e.ts";\n',
      "a/b.ts": 'const late = await import("./f.ts");\n',
      "a/c.ts": "",
      "d.ts": 'import { x } from "./a/main.ts";\n',
      "a/e.ts": "",
      "a/f.ts": "",
      "a/other.ts": "",
    };
    expect(filesReached(["a/main.ts"], readerOf(files))).to.deep.equal([
      ...["a/b.ts", "a/c.ts", "a/e.ts", "a/f.ts", "a/main.ts", "d.ts"],
    ]);
  });

  it("leaves out types, which are gone when it runs, and packages", () => {
    const text =
      'import type { X } from "./types.ts";\nexport type { Y } from "./types.ts";\nimport { z } from "zod";\n';
    expect(reachedFrom(text, ["a/types.ts"])).to.deep.equal([]);
  });

  it("takes a file beside the module that is read, whatever it is", () => {
    const text = 'readFileSync(new URL("./run.sh", import.meta.url));\nnew URL("../go/main.go", import.meta.url);\n';
    expect(reachedFrom(text, ["a/run.sh", "a/other.sh", "go/main.go"])).to.deep.equal(["a/run.sh", "go/main.go"]);
  });

  it("takes the whole folder where a file's name is computed", () => {
    const others = ["a/on-node/x.sh", "a/on-node/deep/y.pl", "a/z.yaml"];
    expect(reachedFrom("new URL(`./on-node/${name}.sh`, import.meta.url)", others)).to.deep.equal([
      ...["a/on-node/deep/y.pl", "a/on-node/x.sh"],
    ]);
    expect(reachedFrom("new URL(file, import.meta.url)", [...others, "b/not.sh"])).to.deep.equal([...others].sort());
    expect(reachedFrom("new URL(join(a, b), import.meta.url)", [...others, "b/not.sh"])).to.deep.equal(
      [...others].sort(),
    );
    expect(reachedFrom('join(import.meta.dirname, "x")', [...others, "b/not.sh"])).to.deep.equal([...others].sort());
  });

  it("throws for a reference to nothing instead of leaving it out of the key", () => {
    expect(() => reachedFrom('import { x } from "./gone.ts";\n', [])).to.throw(/a\/gone\.ts is referred to/);
  });
});

describe("a kept VM's key", () => {
  const disk = filesOnDisk(ROOT);
  const reached = filesReached(MAKE_CLUSTERS, disk);
  const key = keyOfFiles(MAKE_CLUSTERS, disk);

  /** The key as it is when one file has another text. */
  const editedKey = (path: string) =>
    keyOfFiles(MAKE_CLUSTERS, {
      ...disk,
      textOf: (one) => (one === path ? `${disk.textOf(one)}\n` : disk.textOf(one)),
    });

  it("changes with each module, manifest, script and Go file that a cluster is made with", () => {
    const making = [
      ...[
        "clusters/create/create.ts",
        "clusters/create/peers.ts",
        "clusters/create/join.sh",
        "clusters/create/cpuinfo.ts",
        "clusters/create/emulated.ts",
        "clusters/create/kind-config.ts",
      ],
      ...[
        "clusters/create/kind-create.ts",
        "clusters/create/network.ts",
        "clusters/addressing/subnets.ts",
        "clusters/roles/objects.ts",
      ],
      ...["clusters/image/kubeadm.ts", "clusters/cells/cells.ts", "lib/model/cell.ts", "lib/kubernetes/client.ts"],
      ...[
        "clusters/cni/flannel/manifest.yaml",
        "clusters/cni/reference/install.sh",
        "clusters/cni/flannel/go/stub/common/common.go",
      ],
    ];
    for (const path of making) {
      expect(existsSync(join(ROOT, path)), path).to.equal(true);
      expect(reached).to.include(path);
      expect(editedKey(path), path).to.not.equal(key);
    }
  });

  it("stays with a change of a suite, a report or the engine: those are put into a VM at each start", () => {
    for (const path of ["suites/nodes/ip-forward.ts", "reports/json.ts", "lib/engine/run-scenario.ts", "cli/main.ts"]) {
      expect(existsSync(join(ROOT, path)), path).to.equal(true);
      expect(editedKey(path), path).to.equal(key);
    }
  });

  it("is the same whenever it is computed", () => {
    expect(keyOfFiles(MAKE_CLUSTERS, disk))
      .to.equal(key)
      .and.match(/^[0-9a-f]{64}$/);
  });
});
