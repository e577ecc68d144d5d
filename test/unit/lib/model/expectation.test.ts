import { expect } from "chai";
import fc from "fast-check";
import {
  expectation,
  inWords,
  mostly,
  okWith,
  share,
  swapped,
  type Expectation,
} from "../../../../lib/model/expectation.ts";
import { SYMPTOMS, type Symptom } from "../../../../lib/model/symptom.ts";
import { judgePath } from "../../../../lib/verdict/path.ts";
import { asExpected } from "../../sample-log.ts";

const PATH = "same → dns by ClusterIP";
const HALF_BY_REPLICA = share({ part: 0.5, of: 40, replica: "dnsA" }, "dns-timeout");

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
    [share({ part: 0.5, of: 40 }, "dns-wrong-source", "dns-timeout"), "50 % of 40 dns-wrong-source or dns-timeout"],
    [share({ part: 1 / 3, of: 30 }, "loss"), "33 % of 30 loss"],
    [mostly("connection-refused", "dns-timeout"), "mostly connection-refused or dns-timeout"],
    [HALF_BY_REPLICA, "50 % of 40 dns-timeout, those that meet dnsA"],
  ];
  for (const [expected, text] of words) {
    it(`says "${text}"`, () => {
      expect(inWords(expected)).to.equal(text);
    });
  }
});

describe("swapped", () => {
  for (const symptom of SYMPTOMS) {
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
        // Of a claim of both ok and slow there may be no neighbour left.
        fc.subarray([...SYMPTOMS], { minLength: 1 }).filter((all) => !all.includes("ok") || !all.includes("slow")),
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
    share({ part: 0.5, of: 40 }, "dns-timeout"),
    share({ part: 1, of: 40 }, "dns-timeout"),
    HALF_BY_REPLICA,
    share({ part: 0.25, of: 60 }, "loss"),
    share({ part: 0.75, of: 40 }, "loss"),
    mostly("connection-refused", "dns-timeout"),
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
