import { expect } from "chai";
import fc from "fast-check";
import type { Observed } from "../../../lib/baseline/observation.ts";
import { renderObservation } from "../../../reports/observation.ts";
import { hostileText } from "./sample.ts";

const path = { path: "same → server by podIP", symptoms: { ok: 3 }, detail: "", intermittent: false };
const healthy: Observed = {
  schemaVersion: 1,
  runId: "20260301-020000-4f2a",
  startedAt: "2026-03-01T02:00:00Z",
  cluster: "faultline-x",
  cell: "flannel@0.28.4/iptables/1.34.4/ipv4",
  outcome: "as-recorded",
  notes: [],
  baseline: { runId: "20260228-020000-0000", recordedAt: "2026-02-28T02:00:00Z" },
  paths: [{ ...path, finding: "as-recorded" }],
  nodes: [
    { node: "A", differences: [] },
    { node: "B", differences: [] },
  ],
  explanations: [],
  evidence: null,
  trouble: [],
};
const broken = { ...path, finding: "differs", symptoms: { loss: 2, ok: 1 }, detail: "0 of 3 answered" } as const;

describe("an observation as text", () => {
  it("lists the paths of a healthy cluster without details", () => {
    const lines = renderObservation(healthy).split("\n");
    expect(lines[1]).to.equal("  ✔ ok       same → server by podIP");
    expect(lines.slice(2)).to.deep.equal([
      "",
      "1 paths: 1 as recorded, 0 differ, 0 unknown; nodes as recorded; 20260301-020000-4f2a",
      "",
    ]);
  });

  it("shows the symptoms of a differing path, and says if there is no explanation", () => {
    const text = renderObservation({ ...healthy, paths: [{ ...broken, intermittent: true }] });
    expect(text).to.contain(
      "✘ differs  same → server by podIP  loss ×2, ok ×1 (ok when measured again): 0 of 3 answered",
    );
    expect(text).to.match(/^no explanation found$/m);
  });

  it("shows an explanation with evidence and fix, and a limited number of node differences", () => {
    const cause = "ip_forward is 0 on A";
    const explanations = [
      {
        cause,
        paths: [path.path],
        confidence: "proven",
        evidence: ["A.pcap: x"],
        fix: "set it to 1",
        more: null,
      } as const,
    ];
    const differences = Array.from({ length: 14 }, (_, index) => `route new: ${index}`);
    const nodes = [{ node: "A" as const, differences }];
    const text = renderObservation({ ...healthy, paths: [broken], explanations, nodes });
    expect(text).to.match(
      /^why proven: ip_forward is 0 on A\n {2}paths: same → .*\n {2}A\.pcap: x\n {2}fix: set it to 1$/m,
    );
    expect(text).to.match(/^node A differs from the baseline:\n {2}route new: 0$/m);
    expect(text).to.contain("… and 2 more").and.to.contain("14 differences of node state");
    expect(text).not.to.contain("no explanation found");
  });

  it("contains only printable text, and only ASCII on request", () => {
    const clean = (text: string): boolean => {
      const explanation = {
        cause: text,
        paths: [text],
        confidence: "likely",
        evidence: [text],
        fix: text,
        more: text,
      } as const;
      const hostile = renderObservation({
        ...healthy,
        cluster: text,
        cell: text,
        runId: text,
        notes: [text],
        trouble: [text],
        paths: [{ ...broken, path: text, detail: text }],
        nodes: [{ node: "A", differences: [text] }],
        explanations: [explanation],
      });
      return !/(?!\n)[\p{Cc}\p{Cf}]/u.test(hostile);
    };
    fc.assert(fc.property(hostileText, clean));
    expect(renderObservation(healthy, { ascii: true })).to.match(/^[\n\x20-\x7e]*$/);
  });
});
