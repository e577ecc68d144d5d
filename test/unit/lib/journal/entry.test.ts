import { expect } from "chai";
import { opened, sealed, type JournalEntry } from "../../../../lib/journal/entry.ts";
import { containerIdentity, sysctlOnA } from "../../../fixtures/faults/fake-node.ts";

const intent: JournalEntry = {
  v: 1,
  atMs: 1_795_000_000_000,
  faultId: "abc123",
  state: "intent",
  nodeFault: sysctlOnA("net.ipv4.ip_forward", "0"),
  prior: { value: "1", alongside: ["net/ipv4/conf/eth0/forwarding=1"] },
  target: containerIdentity("node-a"),
};

describe("journal line", () => {
  it("comes back as it went in, on one line", () => {
    const line = sealed(intent);
    expect(line.indexOf("\n")).to.equal(line.length - 1);
    expect(opened(line.slice(0, -1))).to.deep.equal({ kind: "entry", entry: intent });
  });

  it("is torn, and nothing worse, when cut at any byte", () => {
    const bytes = Buffer.from(sealed(intent).slice(0, -1));
    for (let length = 1; length < bytes.length; length += 1) {
      expect(opened(bytes.subarray(0, length).toString()).kind, `cut at ${length}`).to.equal("torn");
    }
  });

  it("is never read as another entry when one byte is another", () => {
    const line = sealed(intent).slice(0, -1);
    for (let index = 0; index < line.length; index += 1) {
      const changed = `${line.slice(0, index)}${line[index] === "7" ? "8" : "7"}${line.slice(index + 1)}`;
      expect(opened(changed).kind, `byte ${index}`).to.not.equal("entry");
    }
  });

  it("says what is wrong with a line that is whole but unknown", () => {
    const foreign = sealed({ ...intent, v: 2 } as never).slice(0, -1);
    expect(opened(foreign)).to.deep.include({ kind: "damaged" });
    const unknown = sealed({ ...intent, nodeFault: { node: "A", fault: { kind: "reboot" } } } as never).slice(0, -1);
    expect(opened(unknown))
      .to.have.property("why")
      .that.matches(/nodeFault\.fault/);
  });

  it("refuses a fault whose values are no values of its kind", () => {
    const nodeFault = sysctlOnA("net.ipv4.ip_forward", "0; reboot");
    expect(opened(sealed({ ...intent, nodeFault }).slice(0, -1)).kind).to.equal("damaged");
  });
});
