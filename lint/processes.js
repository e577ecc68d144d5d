/**
 * Rules about starting processes: lib/host/exec.ts starts them, other places are listed here, and none goes through a
 * shell.
 */
import { forEachImport, pathOf, rule } from "./rule.js";

const CHILD_PROCESS = /^(?:node:)?child_process$/;
/** Beside lib/host/exec.ts: our own Node, as another process. Tests and benches start what they like. */
const MAY_START = [
  "lib/host/exec.ts",
  "clusters/lane/vm.ts",
  "clusters/lane/guest/agent.ts",
  "cli/cell/stoppable-process.ts",
  "cli/own-tests/process.ts",
];
/** These take a command line, not an argv. */
const BY_SHELL = ["exec", "execSync"];

export const noOtherProcess = rule("processes are started in few places", (context) =>
  forEachImport((node, source, typesOnly) => {
    const from = pathOf(context);
    if (!CHILD_PROCESS.test(source) || typesOnly || MAY_START.includes(from) || /^(?:test|bench)\//.test(from)) return;
    context.report({ node, message: "commands are run through lib/host/exec.ts" });
  }),
);

export const noShell = rule("no command line that a shell takes apart", (context) => ({
  ImportDeclaration({ source, specifiers, importKind }) {
    if (!CHILD_PROCESS.test(source.value) || importKind === "type") return;
    for (const one of specifiers) {
      // Under another name, or as a whole, the called function is not visible here.
      const taken = one.type === "ImportSpecifier" ? one.imported.name : "*";
      if (one.importKind !== "type" && (taken === "*" || BY_SHELL.includes(taken)))
        context.report({ node: one, message: "exec and execSync go through a shell: use execFile or spawn, by name" });
    }
  },
  Property({ key, value, parent, ...node }) {
    const isOption = (key.name ?? key.value) === "shell" && parent.type === "ObjectExpression";
    // lib/host/exec.ts tells zx which bash it is that its quoting is for.
    if (!isOption || value.value === false || pathOf(context) === "lib/host/exec.ts") return;
    context.report({ node: { ...node, key, value, parent }, message: "no shell: an argv needs none" });
  },
}));
