import { expect } from "chai";
import { restrictionsIn, underRestrictions } from "../../../../lib/host/restrictions.ts";

const text = (boundingSet: string, openFiles: string) =>
  [
    `CapBnd:\t${boundingSet}`,
    "Seccomp:\t0",
    "Limit                     Soft Limit           Hard Limit           Units     ",
    "Max cpu time              unlimited            unlimited            seconds   ",
    `Max open files            ${openFiles} files     `,
    "Max nice priority         0                    0                    ",
    "",
  ].join("\n");
const OURS = restrictionsIn(text("000001ffffffffff", "1024                 524288              "));

describe("the restrictions of a process", () => {
  it("are read from /proc, among other lines", () => {
    const limits = { cpu: "unlimited:unlimited", nofile: "1024:524288", nice: "0:0" };
    expect(OURS).to.deep.equal({ boundingSet: 0x1ffffffffffn, limits });
  });

  it("need no words before a command where they are the same", () => {
    expect(underRestrictions(OURS, OURS)).to.deep.equal([]);
  });

  it("are taken on by the limits that differ, then by dropping capabilities", () => {
    const wanted = restrictionsIn(text("000000fffeffffff", "1048576              1048576             "));
    expect(underRestrictions(OURS, wanted)).to.deep.equal([
      "prlimit",
      "--nofile=1048576:1048576",
      "setpriv",
      "--bounding-set=-cap_24,-cap_40",
    ]);
  });

  it("cannot gain a capability", () => {
    const few = { ...OURS, boundingSet: 1n };
    expect(underRestrictions(few, OURS)).to.deep.equal([]);
  });
});
