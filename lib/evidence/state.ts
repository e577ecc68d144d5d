import { readFileSync } from "node:fs";
import { UndecidedError } from "../host/errors.ts";
import { mustExec, type Exec } from "../host/exec.ts";
import { conntrackWords, podWords, type Flows } from "./flows.ts";
import { splitSections } from "./sections.ts";

/** Constant: nothing is put into it. */
export const STATE = readFileSync(new URL("state.sh", import.meta.url), "utf8");
const TIMEOUT_MS = 20_000;
/** What becomes part of a pattern of files on the node. */
const CNI = /^[a-z0-9][a-z0-9-]*$/;

export interface StateRequest {
  /** New for each reading. */
  readonly mark: string;
  readonly since: { readonly time: string; readonly uptimeS: string };
  readonly cni: string;
  readonly flows: Flows;
  readonly pods: Readonly<Record<string, number>>;
}

export interface NodeState {
  /** What each tool said, by the name of its file. */
  readonly texts: ReadonlyMap<string, string>;
  readonly missing: readonly string[];
}

/**
 * Reads the state of a node's network in one exec. Throws ExecError if the node cannot be asked, UndecidedError if its
 * answer is truncated.
 */
export async function readState(exec: Exec, request: StateRequest, signal?: AbortSignal): Promise<NodeState> {
  const argv = ["sh", "-c", STATE, "state", ...stateArguments(request)];
  const { stdout } = await mustExec(exec, argv, { timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}) });
  const { texts, missing, whole } = splitSections(stdout, request.mark);
  if (!whole) throw new UndecidedError("a node's state is cut short", "run it again");
  return { texts, missing };
}

/** The data of state.sh. Throws for a CNI's name or flows that are none. Pure. */
export function stateArguments({ mark, since, cni, flows, pods }: StateRequest): readonly string[] {
  if (!CNI.test(cni)) throw new RangeError(`"${cni}" is no CNI's name`);
  const { ports, hosts } = conntrackWords(flows);
  const places = podWords(pods).flat();
  return [mark, since.time, since.uptimeS, cni, ports.join("\n"), hosts.join("\n"), ...places];
}
