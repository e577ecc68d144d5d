import * as chai from "chai";
import { chaiSymptom } from "../../../../lib/mocha/chai-symptom.ts";
import { observation } from "../../sample-log.ts";

chai.use(chaiSymptom);
const { expect } = chai;

describe("expect(observation).to.have.symptom", () => {
  const seen = observation("same → server by podIP", "connection-refused");

  it("passes for exactly this symptom", () => {
    expect(seen).to.have.symptom("connection-refused");
    expect(seen).to.not.have.symptom("connect-timeout");
  });

  it("fails with the path, the expected and observed symptoms and the detail", () => {
    const text = "same → server by podIP: expected ok, observed connection-refused (saw connection-refused)";
    expect(() => expect(seen).to.have.symptom("ok")).to.throw(chai.AssertionError, text);
    expect(() => expect(seen).to.not.have.symptom("connection-refused")).to.throw(chai.AssertionError, "anything but");
  });
});
