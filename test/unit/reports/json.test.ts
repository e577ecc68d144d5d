import { expect } from "chai";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { SYMPTOMS } from "../../../lib/model/symptom.ts";
import { renderJson } from "../../../reports/json.ts";
import { reportJsonSchema, reportSchema } from "../../../reports/schema.ts";
import { sampleRun } from "./sample.ts";

const committed = readFileSync(new URL("../../../docs/report.schema.json", import.meta.url), "utf8");

describe("report.json", () => {
  it("has an up-to-date published schema (node reports/write-schema.ts)", () => {
    expect(JSON.parse(committed)).to.deep.equal(reportJsonSchema());
  });

  it("satisfies its published schema", () => {
    const validate = new Ajv({ strict: true, allErrors: true }).compile(JSON.parse(committed) as object);
    validate(JSON.parse(renderJson(sampleRun())));
    expect(validate.errors).to.equal(null);
  });

  it("violates the schema without a verdict, with an unknown symptom, or in another version", () => {
    const validate = new Ajv({ strict: true }).compile(JSON.parse(committed) as object);
    const run = sampleRun();
    const [first, ...others] = run.results;
    expect(validate({ ...run, results: [{ ...first, verdict: "green" }, ...others] })).to.equal(false);
    expect(validate({ ...run, results: [{ ...first, verdict: undefined }] })).to.equal(false);
    const path = { ...first?.paths[0], symptoms: { sulks: 1 } };
    expect(validate({ ...run, results: [{ ...first, paths: [path] }] })).to.equal(false);
    expect(validate({ ...run, schemaVersion: 2 })).to.equal(false);
  });

  it("has every symptom of lib in its schema", () => {
    const { symptoms } = reportSchema.shape.results.element.shape.paths.element.shape;
    expect(symptoms.keyType.options).to.deep.equal([...SYMPTOMS]);
  });

  it("is the same for any order of input keys", () => {
    const text = renderJson(sampleRun());
    expect(renderJson(reversed(sampleRun()) as ReturnType<typeof sampleRun>)).to.equal(text);
    expect(Object.keys(JSON.parse(text) as object).slice(0, 2)).to.deep.equal(["schemaVersion", "runId"]);
    expect(JSON.parse(text)).to.deep.equal(sampleRun());
  });

  it("keeps fields that the schema lacks, after the others", () => {
    const wider = { extra: 1, ...sampleRun() };
    const text = renderJson(wider);
    expect(Object.keys(JSON.parse(text) as object).at(-1)).to.equal("extra");
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
