import { kernelLane } from "../../clusters/lane/checks.ts";
import { CHECKS } from "../../clusters/setup/checks.ts";
import { renderDoctor } from "../../clusters/setup/render.ts";
import { doctor } from "../../clusters/setup/setup.ts";
import { EXIT } from "../../lib/host/errors.ts";
import { machine } from "../host/prepare.ts";

/** Prints what a run needs of this machine; resolves to 4 when something is missing. */
export async function doctorCommand(): Promise<number> {
  const { ok, findings } = await doctor(machine(), [...CHECKS, kernelLane]);
  process.stdout.write(renderDoctor(findings));
  return ok ? EXIT.ok : EXIT.preflight;
}
