import { expect } from "chai";
import { DISPOSABLE_MARK, mustBeDisposable } from "../../../../clusters/setup/disposable.ts";
import { PreflightError } from "../../../../lib/host/errors.ts";

const MACHINE = "0123456789abcdef0123456789abcdef";
const OTHER = "fedcba9876543210fedcba9876543210";
const BOOT = "3f8a2517-9b43-454b-90d1-d507eabbb7e6";
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

function machine(files: Readonly<Record<string, string>>): Promise<PreflightError | null> {
  return mustBeDisposable((path) => Promise.resolve(files[path])).then(
    () => null,
    (error: unknown) => error as PreflightError,
  );
}

describe("a disposable machine", () => {
  it("is one whose mark holds its own machine id", async () => {
    const files = { "/etc/machine-id": `${MACHINE}\n`, [BOOT_ID]: `${BOOT}\n` };
    expect(await machine({ ...files, [DISPOSABLE_MARK]: `${MACHINE}\n` })).to.equal(null);
  });

  it("is not one with a missing or empty mark, or the mark of the machine it was copied from", async () => {
    const files = { "/etc/machine-id": `${MACHINE}\n`, [BOOT_ID]: `${BOOT}\n` };
    for (const mark of [
      {},
      ...["", "yes", OTHER, BOOT, `${MACHINE}${MACHINE}`].map((text) => ({ [DISPOSABLE_MARK]: text })),
    ]) {
      const error = await machine({ ...files, ...mark });
      expect(error, JSON.stringify(mark)).to.be.instanceOf(PreflightError).and.include({ exitCode: 4 });
      expect(error?.message).to.include(DISPOSABLE_MARK);
      // The next step is complete: the file and its content.
      expect(error?.nextStep).to.include("/etc/machine-id").and.include(MACHINE);
    }
  });

  it("is identified by its boot where it has no machine id, so for one boot only", async () => {
    for (const id of [{}, { "/etc/machine-id": "" }, { "/etc/machine-id": "uninitialized\n" }]) {
      const files = { ...id, [BOOT_ID]: `${BOOT}\n` };
      expect(await machine({ ...files, [DISPOSABLE_MARK]: BOOT })).to.equal(null);
      expect((await machine({ ...files, [DISPOSABLE_MARK]: "uninitialized" }))?.nextStep).to.include(BOOT);
    }
  });

  it("is never one without any id, with any mark", async () => {
    for (const mark of ["", "undefined", MACHINE]) {
      const error = await machine({ "/etc/machine-id": "", [DISPOSABLE_MARK]: mark });
      expect(error).to.be.instanceOf(PreflightError).with.property("message").that.includes("has no id of its own");
    }
  });
});
