/** Who may import what. */
import { dirname, resolve } from "node:path";
import { isNamed, OUTSIDE, roomOf, ROOMS, TYPES_ONLY } from "./rooms.ts";
import { forEachImport, pathOf, rule } from "./rule.js";

/** Big dependencies have one importer each, so that replacing or guarding one is the work of one file. */
const ONLY_IMPORTER = {
  zx: "lib/host/exec.ts",
  "@kubernetes/client-node": "lib/kubernetes/client.ts",
  "p-retry": "lib/host/wait.ts",
};

export const importDirection = rule("imports go from a room to those that lint/rooms.ts allows it", (context) =>
  forEachImport((node, source, typesOnly) => {
    if (!source.startsWith(".")) return;
    const from = dirname(pathOf(context));
    const to = dirname(pathOf(context, resolve(context.filename, "..", source)));
    const message = refusal(from, to, typesOnly);
    if (message !== null) context.report({ node, message });
  }),
);

/** Returns why a file of the folder `from` may not import from the folder `to`; null where it may. */
function refusal(from, to, typesOnly) {
  const outside = OUTSIDE[topFolder(from)];
  if (outside) return outside.includes(topFolder(to)) ? null : `${from}/ may import nothing from ${to}/`;
  if (from === to) return null;
  const room = roomOf(from);
  if (room === null) return isProduct(from) ? `${from}/ is in no room of lint/rooms.ts` : null;
  // Files of one folder are one room; two kinds of fault, or two CNIs, are not.
  if (!room.endsWith("/*") && roomOf(to) === room) return null;
  const [, allowed] = ROOMS.find(([name]) => name === room);
  const target = roomOf(to);
  if (target === null || !isNamed(target, allowed)) return `${from}/ may import nothing from ${to}/ (lint/rooms.ts)`;
  const onlyTypes = TYPES_ONLY.includes(room) && !typesOnly;
  return onlyTypes ? `${from}/ may import only types from ${to}/` : null;
}

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
  return path.split("/")[0];
}

function isProduct(folder) {
  return ["lib", "clusters", "cli", "reports", "suites"].includes(topFolder(folder));
}
