import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";

const DIR = new URL("../../../../../lib/faults/run/on-node/", import.meta.url);
const SCRIPTS = readdirSync(DIR).map((name) => [name, readFileSync(new URL(name, DIR), "utf8")] as const);
/**
 * A shell's sources of the time of day, which can be set: the clock, a file's time stamp, systemd's or cron's timers.
 */
const CLOCK = /\b(date|hwclock|find|stat|touch|ls -\w*t\w*|systemd-run|at|cron)\b| -(nt|ot) |%\(|EPOCH|SECONDS|\/rtc/;

describe("the scripts on a node", () => {
  it("are there to be read", () => {
    expect(SCRIPTS.map(([name]) => name)).to.include.members([
      "arm.sh",
      "dead-man.sh",
      "lock.sh",
      "renew.sh",
      "undo.sh",
    ]);
  });

  for (const [name, text] of SCRIPTS) {
    it(`know no time of day: ${name}`, () => {
      const code = text.replace(/^\s*#.*$/gm, "");
      expect(CLOCK.exec(code)?.[0]).to.equal(undefined);
    });
  }

  it("count leases in uptime, which nobody can set", () => {
    const reading = SCRIPTS.filter(([, text]) => text.includes("/proc/uptime")).map(([name]) => name);
    expect(reading).to.include.members(["dead-man.sh", "lock.sh"]);
    for (const [name, text] of SCRIPTS) {
      const counts = /\b(expires|until|lease_s)=/.test(text);
      if (counts) expect(text, name).to.include("uptime_cs");
    }
  });

  it("would be found out", () => {
    for (const line of [
      "now=$(date +%s)",
      '[ "$a" -nt "$b" ]',
      "find armed -mmin +1",
      "stat -c %Y x",
      "ls -1tr armed",
    ]) {
      expect(CLOCK.test(line), line).to.equal(true);
    }
  });
});
