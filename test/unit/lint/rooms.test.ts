import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { dirname } from "node:path";
import { expect } from "chai";
import { drawing, withDrawing } from "../../../lint/draw-rooms.ts";
import { isNamed, roomOf, ROOMS } from "../../../lint/rooms.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PRODUCT = /^(lib|clusters|cli|reports|suites)\//;

/** The folders of the product that hold TypeScript. */
function folders(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "*.ts"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
  return [...new Set(listed.filter((path) => PRODUCT.test(path)).map((path) => dirname(path)))];
}

describe("the table of rooms", () => {
  it("lets a room import only from rooms that stand before it, so that no folders import in a ring", () => {
    for (const [index, [room, names]] of ROOMS.entries()) {
      const before = ROOMS.slice(0, index).map(([name]) => name);
      const later = ROOMS.slice(index).map(([name]) => name);
      for (const name of names) {
        expect(
          before.some((one) => isNamed(one, [name])),
          `${room} imports from ${name}, which comes before`,
        ).to.equal(true);
        expect(
          later.filter((one) => isNamed(one, [name])),
          `${room} imports from ${name}`,
        ).to.deep.equal([]);
      }
    }
  });

  it("has a room for every folder of the product", () => {
    expect(folders().filter((folder) => roomOf(folder) === null)).to.deep.equal([]);
  });

  it("names no room that is gone", () => {
    const gone = ROOMS.map(([room]) => room).filter((room) => !existsSync(`${ROOT}/${room.replace(/\/\*$/, "")}`));
    expect(gone).to.deep.equal([]);
  });

  it("puts a folder that is not listed into the nearest room above it, and each kind of fault into its own", () => {
    expect(roomOf("lib/probes/on-node")).to.equal("lib/probes");
    expect(roomOf("lib/faults/kinds/sysctl")).to.equal("lib/faults/kinds/*");
    expect(roomOf("clusters/cni/contract")).to.equal("clusters/cni/contract");
    expect(roomOf("clusters/cni/flannel")).to.equal("clusters/cni/*");
    expect(roomOf("docs")).to.equal(null);
  });
});

describe("the picture of the rooms in ARCHITECTURE.md", () => {
  it("is the one that the table draws: node lint/draw-rooms.ts", () => {
    const text = readFileSync(`${ROOT}/ARCHITECTURE.md`, "utf8");
    expect(text).to.contain(drawing());
    expect(withDrawing(text)).to.equal(text);
  });
});
