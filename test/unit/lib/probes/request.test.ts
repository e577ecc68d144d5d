import { expect } from "chai";
import { UndecidedError } from "../../../../lib/host/errors.ts";
import { attemptArgv, attemptBoundMs, requestWords } from "../../../../lib/probes/request.ts";
import { slowClassS } from "../../../../lib/probes/slow.ts";
import { fixture } from "./fixtures.ts";
import type { DigAttempt } from "../../../../lib/probes/probe.ts";

const dig = fixture("dig-ok").attempt as DigAttempt;

describe("requestWords", () => {
  it("begins with the number of words, so that a cut request is noticed", () => {
    const words = requestWords([dig, fixture("curl-ok").attempt]);
    expect(Number(words[0])).to.equal(words.length - 1);
  });

  it("keeps any value as one word, and throws for a NUL", () => {
    const name = "$(touch /tmp/x) `id` ' \" \n -x";
    expect(requestWords([{ ...dig, name }])).to.include(name);
    expect(() => requestWords([{ ...dig, name: "a\0b" }])).to.throw(
      UndecidedError,
      'name "a\\u0000b" cannot be an argument',
    );
    expect(() => requestWords([{ ...dig, netnsPid: -1 }])).to.throw(UndecidedError, "netnsPid -1 is not a count");
  });

  it("passes dig whole seconds, rounded up, and a source port of the right family", () => {
    expect(attemptArgv({ ...dig, timeoutMs: 1200 })).to.include("+time=2");
    expect(attemptArgv({ ...dig, timeoutMs: 1 })).to.include("+time=1");
    expect(attemptArgv({ ...dig, sourcePort: 4000 })).to.include("0.0.0.0#4000");
    expect(attemptArgv({ ...dig, sourcePort: 4000, server: "fd00::a" })).to.include("::#4000");
  });

  it("sets the limit of every attempt above the tool's own timeout", () => {
    expect(attemptBoundMs({ ...dig, timeoutMs: 1200 })).to.be.at.least(4000);
    expect(attemptBoundMs(fixture("curl-ok").attempt)).to.equal(8000);
    expect(attemptBoundMs(fixture("ping-ok").attempt)).to.equal(4000);
  });
});

describe("slowClassS", () => {
  it("returns a class within 15 % of it, and undefined between classes", () => {
    const cases: [number, number | undefined][] = [
      [0, undefined],
      [849, undefined],
      [850, 1],
      [1150, 1],
      [1400, undefined],
      [2010, 2],
      [3030, 3],
      [4010, 4],
      [5012, 5],
      [7000, 7],
      [9000, undefined],
      [63_500, 63],
    ];
    for (const [delayMs, classS] of cases) expect(slowClassS(delayMs), String(delayMs)).to.equal(classS);
  });
});
