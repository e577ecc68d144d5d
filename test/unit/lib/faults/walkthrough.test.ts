import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import * as builders from "../../../../lib/faults/builders.ts";
import type { FuzzPlan } from "../../../../lib/faults/contract/fuzz-plan.ts";
import { GUARD } from "../../../../lib/faults/contract/guard-script.ts";
import type { NodeCommand } from "../../../../lib/faults/contract/kind.ts";
import { kindOf, KIND_NAMES, type Fault } from "../../../../lib/faults/registry.ts";
import { hostExec } from "../../../../lib/host/exec.ts";
import { PLANS } from "../../../fixtures/faults/fuzz-plans.ts";

const ROOT = new URL("../../../../", import.meta.url);
const KINDS = new URL("lib/faults/kinds/", ROOT);
const CONTRACT = new URL("lib/faults/contract/", ROOT);
const FOLDERS = readdirSync(KINDS);
/** CONTRIBUTING.md, "A fault". */
const WALK = /^## A fault\n(.*?)^## /ms.exec(readFileSync(new URL("CONTRIBUTING.md", ROOT), "utf8"))?.[1] ?? "";
/** The files in the walk's table. */
const WALK_FILES = [...WALK.matchAll(/^\| `(\S+)` /gm)].map(([, name = ""]) => name);
/** The kind whose folder the walk shows. */
const EXAMPLE = "route";

const filesOf = (name: string): readonly string[] => readdirSync(new URL(`${name}/`, KINDS));
const scriptsIn = (folder: URL): readonly (readonly [name: string, text: string])[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".sh"))
    .map((name) => [name, readFileSync(new URL(name, folder), "utf8")]);

function commandsOf(name: string): readonly NodeCommand[] {
  const { around } = PLANS[name as Fault["kind"]] as FuzzPlan<Fault>;
  return around.flatMap((fault) => {
    const kind = kindOf(fault);
    const prior = kind.priorInPlan(fault);
    const steps = [kind.capture(fault), kind.apply(fault, prior, "walk1"), kind.readBack(fault, prior, "walk1")];
    const undone = [kind.undo(fault, prior, "walk1"), kind.verifyUndone(fault, prior, "walk1")];
    return [...steps, ...undone].filter((command) => command !== null);
  });
}

/** Returns the rest of a script after the guard and files of these in sequence; "" if it is made of files only. */
function withoutFiles(script: string, files: readonly (readonly [string, string])[]): string {
  let rest = script.slice(GUARD.length);
  for (let found = true; found && rest !== "";) {
    const file = files.find(([, text]) => rest.startsWith(text));
    found = file !== undefined;
    rest = rest.slice(file?.[1].length ?? 0);
  }
  return rest;
}

describe("the walk through a kind of fault in CONTRIBUTING.md", () => {
  it(`names exactly the files of ${EXAMPLE}`, () => {
    expect(WALK).to.include(`\`${EXAMPLE}\``);
    expect(WALK_FILES.toSorted()).to.deep.equal(filesOf(EXAMPLE).toSorted());
  });

  it("names every file that a new kind touches beside its folder", () => {
    const named = [...WALK.matchAll(/`((?:lib|test)\/[a-z/-]+\.ts)`/g)].map(([, path = ""]) => path);
    expect(named).to.include.members(["lib/faults/registry.ts", "lib/faults/builders.ts"]);
    for (const path of named) expect(readFileSync(new URL(path, ROOT), "utf8"), path).to.not.equal("");
  });

  it("is complete: the registry lists exactly the folders", () => {
    expect(KIND_NAMES.toSorted()).to.deep.equal(FOLDERS.toSorted());
    expect(Object.keys(PLANS).toSorted()).to.deep.equal(FOLDERS.toSorted());
  });

  for (const name of FOLDERS) {
    describe(name, () => {
      it("has the files of the walk, and scripts for steps of the walk only", () => {
        const files = filesOf(name);
        expect(files).to.include.members(["kind.ts", "fuzz.ts"]);
        const steps = WALK_FILES.filter((file) => file.endsWith(".sh")).map((file) => file.slice(0, -".sh".length));
        // sysctl's ours.sh is a second common part.
        const parts = ["common", "ours", ...steps].join("|");
        for (const file of files) expect(file).to.match(new RegExp(`^(([a-z-]+)\\.ts|(${parts})(-[a-z]+)?\\.sh)$`));
      });

      it("is what its folder exports, with builders that suites can call", async () => {
        const module = (await import(new URL(`${name}/kind.ts`, KINDS).href)) as Readonly<Record<string, unknown>>;
        const { default: kind, ...named } = module;
        expect(kind).to.equal(kindOf({ kind: name } as Fault));
        expect((kind as { kind: string }).kind).to.equal(name);
        expect(Object.keys(named)).to.not.be.empty;
        expect(builders).to.include(named);
        const plan = (await import(new URL(`${name}/fuzz.ts`, KINDS).href)) as { default: unknown };
        expect(plan.default).to.equal(PLANS[name as Fault["kind"]]);
      });

      it("sends scripts that are the guard and whole files, and uses every file", () => {
        const own = scriptsIn(new URL(`${name}/`, KINDS));
        const commands = commandsOf(name);
        for (const { script } of commands) {
          expect(script.startsWith(GUARD)).to.equal(true);
          expect(withoutFiles(script, [...own, ...scriptsIn(CONTRACT)])).to.equal("");
        }
        const unused = own.filter(([, text]) => !commands.some(({ script }) => script.includes(text)));
        expect(unused.map(([file]) => file)).to.deep.equal([]);
      });

      it("sends scripts that sh can parse", async () => {
        for (const script of new Set(commandsOf(name).map((command) => command.script))) {
          const { exitCode, stderr } = await hostExec(["sh", "-n", "-c", script]);
          expect(exitCode, stderr).to.equal(0);
        }
      });
    });
  }
});
