/** Who may import what. */
import { resolve } from "node:path";
import { forEachImport, pathOf, rule } from "./rule.js";

/** What each top-level folder may import; `cli` is the composition root, which nobody but tests imports. */
const MAY_IMPORT = {
  lib: ["lib"],
  clusters: ["clusters", "lib"],
  suites: ["suites", "clusters", "lib"],
  reports: ["reports"],
  cli: ["cli", "clusters", "lib", "reports"],
  bench: ["bench", "cli", "clusters", "lib", "reports", "test"],
  test: ["test", "suites", "cli", "clusters", "lib", "reports", "bench"],
};
/** What a folder may import types from, besides. */
const MAY_IMPORT_TYPES = { reports: ["lib"] };

/** Big dependencies have one importer each, so that replacing or guarding one is the work of one file. */
const ONLY_IMPORTER = {
  zx: "lib/host/exec.ts",
  "@kubernetes/client-node": "lib/kubernetes/client.ts",
  "p-retry": "lib/host/wait.ts",
};

export const importDirection = rule("imports go suites → clusters → lib, and reports → lib (types only)", (context) =>
  forEachImport((node, source, typesOnly) => {
    if (!source.startsWith(".")) return;
    const from = pathOf(context);
    const to = pathOf(context, resolve(context.filename, "..", source));
    const [fromFolder, toFolder] = [topFolder(from), topFolder(to)];
    if (fromFolder === null || toFolder === null || MAY_IMPORT[fromFolder]?.includes(toFolder) !== false) return;
    const types = MAY_IMPORT_TYPES[fromFolder]?.includes(toFolder) === true;
    if (types && typesOnly) return;
    context.report({
      node,
      message: `${fromFolder}/ may import ${types ? "only types" : "nothing"} from ${toFolder}/`,
    });
  }),
);

export const oneImporter = rule("a big dependency is imported by one file of ours", (context) =>
  forEachImport((node, source) => {
    const from = pathOf(context);
    for (const [name, importer] of Object.entries(ONLY_IMPORTER)) {
      if ((source !== name && !source.startsWith(`${name}/`)) || from === importer) continue;
      context.report({ node, message: `only ${importer} may import ${name}` });
    }
  }),
);

function topFolder(path) {
  const [folder] = path.split("/");
  return folder in MAY_IMPORT ? folder : null;
}
