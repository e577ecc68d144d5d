import { expect } from "chai";
import { readFileSync } from "node:fs";
import { watchHost } from "../../../../cli/own-tests/host-check.ts";
import type { Exec } from "../../../../lib/host/exec.ts";

const HOST = readFileSync(new URL("../../../fixtures/fingerprint/host.txt", import.meta.url), "utf8");

/** A host that looks as told, one text after the other; an error when there is none left. */
function looking(...texts: string[]): Exec {
  return (argv) => {
    const stdout = texts.shift();
    if (stdout === undefined) return Promise.reject(new Error("no answer"));
    return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout, stderr: "", durationMs: 1 });
  };
}

describe("the host after the tests", () => {
  it("is as it was, apart from what nobody could look at", async () => {
    const again = await watchHost(looking(HOST, HOST.replace("ns_last_pid:1522", "ns_last_pid:1600")));
    expect(await again()).to.deep.equal({
      asItWas: true,
      lines: ["  ✔ the host is as it was (not looked at: ipset: ipset not found)"],
    });
  });

  it("is not, and each difference is a line", async () => {
    const changed = HOST.replace("kernel/panic:1", "kernel/panic:10").replace("default via 192.0.2.1 dev eth0 \n", "");
    const { asItWas, lines } = await (await watchHost(looking(HOST, changed)))();
    expect(asItWas).to.equal(false);
    expect(lines.slice(1)).to.deep.equal([
      "      sysctl kernel.panic: 1 → 10",
      "      route gone: default via 192.0.2.1 dev eth0",
    ]);
  });

  it("counts against us when it cannot be read any more", async () => {
    const { asItWas, lines } = await (await watchHost(looking(HOST)))();
    expect([asItWas, lines[1]]).to.deep.equal([false, "      cannot be compared: no answer"]);
  });
});
