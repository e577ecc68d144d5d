import { expect } from "chai";
import fc from "fast-check";
import {
  expectation,
  inWords,
  isControl,
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
  it("accepts a symptom, several, or a whole expectation", () => {
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
    it(`reads "${text}" in words`, () => {
      expect(inWords(expected)).to.equal(text);
    });
  }
});

describe("isControl", () => {
  it("holds for a claim of ok, with or without addresses", () => {
    expect([expectation("ok"), okWith("dnat")].map(isControl)).to.deep.equal([true, true]);
  });

  it("does not hold for any other claim", () => {
    const others = [
      expectation("loss"),
      expectation(["ok", "slow"]),
      share({ part: 0.5, of: 4 }, "ok"),
      mostly("loss"),
    ];
    for (const other of others) expect(isControl(other), inWords(other)).to.equal(false);
  });
});

describe("swapped", () => {
  for (const symptom of SYMPTOMS) {
    it(`does not accept ${symptom} if ${symptom} was claimed`, () => {
      expect(swapped({ symptoms: [symptom] }).symptoms)
        .to.have.length(1)
        .and.not.include(symptom);
    });
  }

  it("expects the symptom that a regression would show", () => {
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

  it("accepts none of several claimed symptoms", () => {
    fc.assert(
      fc.property(
        // A claim of both ok and slow may leave no neighbour.
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
    it(`fails if a path shows exactly "${inWords(claim)}"`, () => {
      const exactly = asExpected({ [PATH]: claim });
      expect(judgePath(PATH, claim, exactly).verdict).to.equal("pass");
      expect(judgePath(PATH, swapped(claim), exactly).verdict).to.equal("fail");
    });
  }
});
