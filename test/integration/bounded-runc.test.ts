import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseBoundingSet } from "../../clusters/setup/capabilities.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";

const WRAPPER = fileURLToPath(new URL("../../clusters/image/runtime/bounded-runc", import.meta.url));

interface Process {
  readonly capabilities: { readonly bounding: readonly string[] };
  readonly oomScoreAdj: number;
}

/**
 * Returns the config that runc gets for this process without CAP_SYS_RESOURCE and CAP_SYS_TIME; `true` replaces runc.
 */
async function asked(dir: string, bounding: readonly string[], withheld = "-sys_resource,-sys_time"): Promise<Process> {
  const config = join(dir, "config.json");
  await writeFile(config, JSON.stringify({ process: { capabilities: { bounding }, oomScoreAdj: -999 } }));
  const withhold = ["setpriv", `--bounding-set=${withheld}`];
  const wrapped = ["env", "BOUNDED_RUNC_RUNC=true", WRAPPER, "create", "--bundle", dir, "id"];
  await mustExec(hostExec, [...withhold, ...wrapped], { timeoutMs: 20_000 });
  return (JSON.parse(await readFile(config, "utf8")) as { readonly process: Process }).process;
}

describe("the runtime that asks for no more than the host has", () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "fl-it-bundle-"));
  });
  after(async () => {
    await rm(dir, { recursive: true });
  });

  it("takes away what is withheld, and an OOM score that may not be lowered", async () => {
    const { capabilities, oomScoreAdj } = await asked(dir, ["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_SYS_TIME"]);
    expect(capabilities.bounding).to.deep.equal(["CAP_CHOWN"]);
    expect(oomScoreAdj).to.equal(Number(await readFile("/proc/self/oom_score_adj", "utf8")));
  });

  it("names the parts of CAP_SYS_ADMIN that an old Docker does not know, for nobody else", async function () {
    const status = await readFile("/proc/self/status", "utf8");
    const may = parseBoundingSet(status) ?? 0n;
    if (((may >> 38n) & 3n) !== 3n) {
      process.stderr.write("not tested: this process may not give CAP_BPF and CAP_PERFMON\n");
      this.skip();
    }
    expect((await asked(dir, ["CAP_SYS_ADMIN", "CAP_SYS_TIME"])).capabilities.bounding).to.deep.equal([
      "CAP_SYS_ADMIN",
      "CAP_BPF",
      "CAP_PERFMON",
    ]);
    expect((await asked(dir, ["CAP_SYS_ADMIN"], "+chown")).capabilities.bounding).to.include("CAP_BPF");
    const known = ["CAP_BPF", "CAP_PERFMON", "CAP_SYS_ADMIN"];
    expect((await asked(dir, known)).capabilities.bounding).to.deep.equal(known);
    expect((await asked(dir, ["CAP_NET_ADMIN"])).capabilities.bounding).to.deep.equal(["CAP_NET_ADMIN"]);
  });
});
