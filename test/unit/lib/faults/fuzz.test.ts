import { expect } from "chai";
import fc from "fast-check";
import { FaultlineError } from "../../../../lib/host/errors.ts";
import { type Fault, kindOf, validateFault } from "../../../../lib/faults/registry.ts";
import { armAndApply, captureUnclaimed, LEASE } from "../../../../lib/faults/run/dead-man.ts";
import { GUARD } from "../../../../lib/faults/contract/guard-script.ts";
import type { Json, NodeCommand } from "../../../../lib/faults/contract/kind.ts";
import type { Field, FuzzPlan } from "../../../../lib/faults/contract/fuzz-plan.ts";
import { PLANS } from "../../../fixtures/faults/fuzz-plans.ts";
import { hostile, isPassable, SEED, somethingWasExecuted, STRINGS } from "../../fuzz/hostile.ts";
import { expectArrival } from "../../fuzz/real-process.ts";

const KINDS = Object.entries(PLANS) as unknown as readonly (readonly [Fault["kind"], FuzzPlan<Fault>])[];
/** `[kind, field, the fault with a hostile string in that field]`. */
const candidates: fc.Arbitrary<readonly [Fault["kind"], string, Fault]> = fc.oneof(
  ...KINDS.flatMap(([kind, { around, fields }]) =>
    Object.entries<Field>(fields).map(([name, { right, put }]) =>
      fc
        .tuple(fc.constantFrom(...around), hostile(...right))
        .map(([base, text]): [Fault["kind"], string, Fault] => [kind, name, { ...base, ...put(text) }]),
    ),
  ),
);

function refusal(fault: Fault): unknown {
  try {
    validateFault({ node: "A", fault });
    return null;
  } catch (error) {
    return error;
  }
}

function commandsOf(fault: Fault, prior = kindOf(fault).priorInPlan(fault)): readonly NodeCommand[] {
  const kind = kindOf(fault);
  const steps = [kind.capture(fault), kind.apply(fault, prior, "fuzz1"), kind.readBack(fault, prior, "fuzz1")];
  const undone = [kind.undo(fault, prior, "fuzz1"), kind.verifyUndone(fault, prior, "fuzz1")];
  const armed = [captureUnclaimed(fault), armAndApply({ id: "fuzz1", fault, prior }, LEASE)];
  return [...steps, ...undone, ...armed].filter((command) => command !== null);
}

describe(`whatever a fault's values are (seed ${SEED})`, function () {
  this.timeout(120_000);
  const plain = new Set(
    KINDS.flatMap(([, { around }]) => around.flatMap((fault) => commandsOf(fault))).map(({ script }) => script),
  );
  const words: string[] = [];
  const argvOf = ({ script, args }: NodeCommand): readonly string[] => ["sh", "-c", script, "faultline", ...args];

  it("they are refused with an error that names the field, or stay what they are in the arguments of constant scripts", () => {
    const taken = new Map<string, number>();
    const check = ([kind, name, fault]: readonly [Fault["kind"], string, Fault]): void => {
      const error = refusal(fault);
      const plan = PLANS[kind] as unknown as FuzzPlan<Fault>;
      if (error !== null) {
        expect(error).to.be.instanceOf(FaultlineError);
        expect((error as Error).message).to.match((plan.fields as Record<string, Field>)[name]?.named ?? /^$/);
        return;
      }
      taken.set(`${kind}.${name}`, (taken.get(`${kind}.${name}`) ?? 0) + 1);
      for (const command of commandsOf(fault)) {
        expect(plain.has(command.script), `a script that depends on ${kind}.${name}`).to.equal(true);
        words.push(...argvOf(command).filter((word) => !plain.has(word)));
      }
      expect(
        plan.carried(fault, kindOf(fault).apply(fault, kindOf(fault).priorInPlan(fault), "fuzz1")?.args ?? []),
        JSON.stringify(fault),
      ).to.equal(true);
    };
    fc.assert(fc.property(candidates, check), { numRuns: STRINGS.faults, seed: SEED });
    // Every field was also seen with values that it takes, but ports, which are numbers.
    const fields = KINDS.flatMap(([kind, { fields }]) => Object.keys(fields).map((name) => `${kind}.${name}`));
    expect([...taken.keys()].sort()).to.deep.equal(
      fields.filter((one) => !/\.(destinationP|targetP|p)ort$/.test(one)).sort(),
    );
  });

  it("what a node says was there before is refused, or stays an argument of its undo", () => {
    const said = fc.oneof(
      ...KINDS.flatMap(([, { around, before }]) =>
        around.map((fault) => fc.tuple(fc.constant(fault), hostile("", ...(before ?? [])))),
      ),
    );
    let taken = 0;
    const check = ([fault, stdout]: readonly [Fault, string]): void => {
      const kind = kindOf(fault);
      let prior: Json;
      try {
        prior = kind.priorSchema.parse(kind.captured(fault, stdout));
      } catch {
        // inject.ts makes one error of whatever this is, and changes nothing.
        return;
      }
      taken += 1;
      for (const command of commandsOf(fault, prior)) {
        expect(plain.has(command.script)).to.equal(true);
        words.push(...argvOf(command).filter((word) => !plain.has(word)));
      }
    };
    fc.assert(fc.property(said, check), { numRuns: STRINGS.faults / 10, seed: SEED });
    expect(taken).to.be.above(500);
  });

  it("there is no kind but these", () => {
    const known = refusal({ kind: "?" } as unknown as Fault) as Error;
    expect([...known.message.matchAll(/"([a-z-]+)"/g)].map(([, kind]) => kind)).to.deep.equal(Object.keys(PLANS));
  });

  it("every script begins with the guard, and there are few", () => {
    for (const script of plain) {
      expect(script.startsWith(GUARD)).to.equal(true);
      expect(script).to.not.match(/\beval\b/);
    }
    // Five steps of each kind that does something; some share one script between two steps.
    expect(plain.size).to.be.within(2 * (KINDS.length - 1), 5 * KINDS.length);
  });

  it("all those arguments arrive in a real process as they are, and nothing is executed", async () => {
    expect(words.length).to.be.above(STRINGS.faults / 10);
    await expectArrival([...new Set(words)].filter(isPassable));
    await expectArrival([...plain]);
    expect(somethingWasExecuted()).to.equal(false);
  });
});
