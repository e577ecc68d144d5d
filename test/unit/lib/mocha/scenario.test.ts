import { expect } from "chai";
import { suiteId } from "../../../../lib/mocha/scenario.ts";

describe("suiteId", () => {
  const table: readonly (readonly [string | undefined, string])[] = [
    ["/home/me/faultline/suites/services/no-endpoints.ts", "services/no-endpoints"],
    ["/x/suites/a.ts", "a"],
    ["/x/suites/a/b/c.ts", "a/b/c"],
    ["/home/me/test-suites/faultline/suites/dns/coredns-loop.ts", "dns/coredns-loop"],
    ["/home/me/suites/faultline/suites/dns/coredns-loop.ts", "dns/coredns-loop"],
    ["/x/elsewhere/mine.ts", "/x/elsewhere/mine.ts"],
    [undefined, "unnamed"],
  ];
  for (const [file, id] of table) {
    it(`returns ${id} for ${file ?? "no file"}`, () => {
      expect(suiteId(file)).to.equal(id);
    });
  }
});
