import { expect } from "chai";
import { readCapture } from "../../../../../lib/evidence/pcap/capture.ts";
import { FIELDS } from "../../../../fixtures/pcap/tshark.ts";
import { asTshark } from "./as-tshark.ts";
import { inOurTerms, RECORDED } from "./captures.ts";

describe("the decoding of a capture equals tshark's", () => {
  for (const { name, bytes, answers } of RECORDED) {
    it(`${name}, ${answers.length} packets`, () => {
      const { packets, recordCount, damage } = readCapture(bytes);
      expect(recordCount).to.equal(answers.length);
      expect(damage).to.equal(null);
      [...packets].forEach((captured, index) => {
        const answer = inOurTerms(answers[index] ?? {});
        expect(asTshark(captured), `packet ${index + 1}`).to.deep.equal(answer);
      });
    });
  }

  it("covers every field: each is in some capture, with different values", () => {
    for (const field of FIELDS) {
      const values = new Set(RECORDED.flatMap(({ answers }) => answers.flatMap((answer) => answer[field] ?? [])));
      expect(values.size, field).to.be.at.least(ALWAYS_THE_SAME.has(field) ? 1 : 2);
    }
  });
});

/** 802.3 appears only as spanning tree, and authentication headers are made by hand. */
const ALWAYS_THE_SAME = new Set<string>(["sll.ltype", "eth.len", "vlan.len", "ah.next_header"]);
