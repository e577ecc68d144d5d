import { expect } from "chai";
import fc from "fast-check";
import { expectation, inWords, okWith, share, swapped, type Expectation } from "../../lib/expectation.ts";
import { SYMPTOMS, type Symptom } from "../../lib/symptom.ts";
import { judgePath } from "../../lib/verdict/path.ts";
import { asExpected } from "./sample-log.ts";

const PATH = "same → dns by ClusterIP";

describe("expectation", () => {
  it("takes a symptom, several, or a whole one", () => {
    expect(expectation("ok")).to.deep.equal({ symptoms: ["ok"] });
    expect(expectation(["ok", "slow"])).to.deep.equal({ symptoms: ["ok", "slow"] });
    expect(expectation(okWith("dnat"))).to.deep.equal({ symptoms: ["ok"], addresses: "dnat" });
  });

  const words: readonly (readonly [Expectation, string])[] = [
    [expectation("connect-timeout"), "connect-timeout"],
    [expectation(["dns-timeout", "dns-servfail"]), "dns-timeout or dns-servfail"],
    [okWith("untranslated"), "ok, untranslated"],
    [share(0.5, 40, "dns-wrong-source", "dns-timeout"), "50 % of 40 dns-wrong-source or dns-timeout"],
    [share(1 / 3, 30, "loss"), "33 % of 30 loss"],
  ];
  for (const [expected, text] of words) {
    it(`says "${text}"`, () => {
      expect(inWords(expected)).to.equal(text);
    });
  }
});

describe("swapped", () => {
  for (const symptom of SYMPTOMS.filter((one) => one !== "slow")) {
    it(`never accepts ${symptom} for ${symptom}`, () => {
      expect(swapped({ symptoms: [symptom] }).symptoms)
        .to.have.length(1)
        .and.not.include(symptom);
    });
  }

  it("takes the neighbour that a regression would show", () => {
    const nearest = ([from, to]: readonly [Symptom, Symptom]) =>
      expect(swapped({ symptoms: [from] }).symptoms).to.eql([to]);
    (
      [
        ["connect-timeout", "connection-refused"],
        ["connection-refused", "connect-timeout"],
        ["host-unreachable", "connect-timeout"],
        ["dns-timeout", "dns-wrong-source"],
        ["loss", "ok"],
      ] as const
    ).forEach(nearest);
  });

  it("accepts nothing that was claimed, where several symptoms were", () => {
    fc.assert(
      fc.property(
        fc.subarray(
          SYMPTOMS.filter((one) => one !== "slow"),
          { minLength: 1 },
        ),
        (symptoms) => {
          expect(symptoms).to.not.include.members([...swapped({ symptoms }).symptoms]);
        },
      ),
    );
  });

  const claims: readonly Expectation[] = [
    okWith("untranslated"),
    okWith("dnat"),
    okWith("this-pod"),
    share(0.5, 40, "dns-timeout"),
    share(1, 40, "dns-timeout"),
    share(0.25, 60, "loss"),
    share(0.75, 40, "loss"),
    expectation("ok"),
    expectation(["dns-timeout", "dns-wrong-source"]),
  ];
  for (const claim of claims) {
    it(`fails on what shows exactly "${inWords(claim)}"`, () => {
      const exactly = asExpected({ [PATH]: claim });
      expect(judgePath(PATH, claim, exactly).verdict).to.equal("pass");
      expect(judgePath(PATH, swapped(claim), exactly).verdict).to.equal("fail");
    });
  }
});
