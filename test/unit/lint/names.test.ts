import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
const EXPORTED = /^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm;
/** Types that a text exports, except re-exports, which give a type no second meaning. */
const typesIn = (text: string): readonly string[] => [...text.matchAll(EXPORTED)].map(([, name = ""]) => name);

describe("the names of exported types", () => {
  it("are found in a file's text", () => {
    const text = "export interface A {}\nexport type B<T> = T;\ninterface C {}\nexport type { D } from './d.ts';\n";
    expect(typesIn(text + "export abstract class E {}\n")).to.deep.equal(["A", "B", "E"]);
  });

  it("each name one type: no two files export the same name", () => {
    const places = new Map<string, string[]>();
    for (const file of globSync("{bench,cli,clusters,lib,lint,reports,suites,test}/**/*.ts", { cwd: ROOT }).sort()) {
      for (const name of typesIn(readFileSync(join(ROOT, file), "utf8")))
        places.set(name, [...(places.get(name) ?? []), file]);
    }
    expect(places.size).to.be.above(300);
    expect([...places].filter(([, files]) => files.length > 1)).to.deep.equal([]);
  });
});
