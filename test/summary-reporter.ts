import { appendFileSync } from "node:fs";
import Mocha from "mocha";
import { leftOut } from "./nightly.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * mocha's spec output, and a line of counts for the summary of `./faultline test` (FAULTLINE_TEST_COUNTS names the
 * file). The first signal lets the test under way end and runs the `after` hooks, which take away what tests have made;
 * mocha by itself would leave at once. The second does leave.
 */
export default class SummaryReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const stop = () => {
      runner.abort();
      for (const name of SIGNALS) process.off(name, stop);
    };
    for (const name of SIGNALS) process.on(name, stop);
    runner.once("end", () => {
      const path = process.env["FAULTLINE_TEST_COUNTS"];
      // An accidental signal (a test's own, say) would end the layer early, and the tests so far would pass.
      if (path)
        appendFileSync(path, `${JSON.stringify({ ...this.stats, planned: runner.total, leftOut: leftOut() })}\n`);
    });
  }
}
