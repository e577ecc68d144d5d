import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { makeWire, wireIn, wireTo } from "../../../../clusters/lane/wire.ts";
import { hostExec } from "../../../../lib/host/exec.ts";

const heard = async (wire: Readable) => String((await once(wire, "data"))[0]);

describe("a VM's wire", () => {
  it("carries both ways, is found again by whoever comes later, and ends with the VM", async () => {
    const dir = mkdtempSync(join(tmpdir(), "faultline-wire-"));
    try {
      await makeWire(dir, hostExec);
      const { wire, vmReads, vmWrites } = wireIn(dir);
      const vm = spawn("cat", { stdio: [vmReads, vmWrites, "ignore"] });
      for (const fd of [vmReads, vmWrites]) closeSync(fd);
      wire.write(Buffer.from("first"));
      expect(await heard(wire)).to.equal("first");
      wire.destroy();
      const later = wireTo(dir);
      later.write(Buffer.from("second"));
      expect(await heard(later)).to.equal("second");
      // The kernel lets go of the two pipes in no order that counts; of both once the process is gone.
      const gone = Promise.all([once(later, "close"), once(vm, "exit")]);
      vm.kill("SIGKILL");
      await gone;
      expect(() => wireTo(dir)).to.throw(/ENXIO/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
