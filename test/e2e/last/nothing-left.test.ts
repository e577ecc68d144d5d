import { expect } from "chai";
import { hostExec } from "../../../lib/host/exec.ts";
import { hostState } from "../cluster.ts";
import { faultline } from "../command-line.ts";
import { allShared } from "../shared.ts";

describe("gc of kept clusters", function () {
  it("leaves nothing: no container, no network, no rule of ours, and the host as it was", async function () {
    const { names, hostBefore } = await allShared();
    for (const name of names) {
      const { code, stderr } = await faultline(["gc", name]);
      expect(code, stderr).to.equal(0);
    }
    for (const argv of [
      ["docker", "ps", "--all", "--quiet", "--filter", "name=faultline-"],
      ["docker", "network", "ls", "--quiet", "--filter", "label=faultline.cluster"],
    ]) {
      expect((await hostExec(argv)).stdout.trim()).to.equal("");
    }
    expect(await hostState()).to.equal(hostBefore);
  });
});
