import { expect } from "chai";
import fc from "fast-check";
import { classify } from "../../../../lib/probes/classify.ts";
import { SYMPTOMS } from "../../../../lib/model/symptom.ts";
import { fixture, fixtures } from "./fixtures.ts";

describe("classify", () => {
  it("has a recorded output for every symptom", () => {
    expect(fixtures.length).to.be.at.least(90);
    expect([...new Set(fixtures.map((one) => one.expect.symptom))]).to.have.members([...SYMPTOMS]);
  });

  for (const { attempt, record, expect: claim, how } of fixtures) {
    it(`returns ${claim.symptom} for ${attempt.id} (${how})`, () => {
      const { symptom, seen, detail } = classify(attempt, record);
      expect({ symptom, ...seen }, detail).to.deep.include(claim);
      expect(detail).to.match(/^\P{Cc}{1,300}$/u);
    });
  }

  it("returns unknown for a missing record", () => {
    for (const { attempt } of fixtures) expect(classify(attempt, undefined).symptom).to.equal("unknown");
  });

  it("does not return ok if the output was lost or the tool was killed", () => {
    for (const { attempt, record } of fixtures) {
      expect(classify(attempt, { ...record, stdout: "", stderr: "" }).symptom, attempt.id).to.equal("unknown");
      expect(classify(attempt, { ...record, exitCode: 137 }).symptom, attempt.id).not.to.equal("ok");
    }
  });

  it("does not return ok for the cut output of another symptom", () => {
    for (const { attempt, record } of fixtures.filter((one) => one.expect.symptom !== "ok")) {
      for (let at = 0; at < record.stderr.length; at += 7) {
        const cut = classify(attempt, { ...record, stderr: record.stderr.slice(0, at) });
        expect(cut.symptom, attempt.id).not.to.equal("ok");
      }
    }
  });

  it("returns the addresses that the far end saw", () => {
    const { attempt, record } = fixture("curl-ok");
    const { seen } = classify(attempt, record);
    expect(seen).to.include({ client: "10.77.1.2", server: "server", container: "main", local: "10.77.2.2" });
    expect(seen.clientPort).to.equal(seen.sourcePort).and.to.be.a("number");
  });

  it("returns unknown if two addresses of a name fail differently", () => {
    const { attempt, record } = fixture("curl-refused");
    const stderr = record.stderr.replace(
      "* Failed",
      "* connect to fd77:2::2 port 98 failed: No route to host\n* Failed",
    );
    expect(classify(attempt, { ...record, stderr }).symptom).to.equal("unknown");
  });

  it("does not throw or return ok for arbitrary output", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        text,
        text,
        fc.nat(130),
        ({ attempt, record }, stdout, stderr, exitCode) => {
          expect(classify(attempt, { ...record, exitCode, stdout, stderr }).symptom).not.to.equal("ok");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is not misled by the body that a server sends", () => {
    const curls = fixtures.filter(({ attempt }) => attempt.tool === "curl");
    fc.assert(
      fc.property(
        fc.constantFrom(...curls),
        fc.string({ unit: "binary" }),
        ({ attempt, record, expect: claim }, body) => {
          const { symptom } = classify(attempt, { ...record, stdout: `x${body}` });
          const honest =
            claim.symptom === "ok" || claim.symptom === "slow" ? [claim.symptom, "wrong-server"] : [claim.symptom];
          expect(honest).to.include(symptom);
        },
      ),
      { numRuns: 500 },
    );
  });
});
