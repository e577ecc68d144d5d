import type { Observation } from "../probes/probe.ts";
import type { Symptom } from "../model/symptom.ts";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- chai's own way to extend its types
  namespace Chai {
    interface Assertion {
      /** Asserts that the observation has exactly this symptom. */
      symptom(expected: Symptom): Assertion;
    }
  }
}

/** A chai plugin for hand-written tests: `expect(observation).to.have.symptom("connection-refused")`. */
export const chaiSymptom: Chai.ChaiPlugin = (chai) => {
  chai.Assertion.addMethod("symptom", function (this: Chai.AssertionStatic, expected: Symptom) {
    const observation = this._obj as Observation;
    this.assert(
      observation.symptom === expected,
      `${observation.path}: expected ${expected}, observed ${observation.symptom} (${observation.detail})`,
      `${observation.path}: expected anything but ${expected} (${observation.detail})`,
      expected,
      observation.symptom,
    );
  });
};
