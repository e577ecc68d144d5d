import { appendFileSync } from "node:fs";
import Mocha from "mocha";

/** mocha's spec output, and a line of counts for the summary of `./faultline test` (FAULTLINE_TEST_COUNTS names the file). */
export default class SummaryReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const path = process.env["FAULTLINE_TEST_COUNTS"];
      if (path) appendFileSync(path, `${JSON.stringify(this.stats)}\n`);
    });
  }
}
