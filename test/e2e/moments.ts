import { existsSync } from "node:fs";
import { join } from "node:path";
import { cellDirs } from "../../cli/store/run-dir.ts";
import { readEventLog } from "../../lib/events/event-log.ts";
import { hostExec } from "../../lib/host/exec.ts";
import { GiveUpError, waitFor } from "../../lib/host/wait.ts";
import { launch, RUNS, type Launched } from "./command-line.ts";
import { begun, type BegunRun } from "./traces.ts";

/** A moment in the making of a cluster. */
export interface CreationMoment {
  readonly when: string;
  readonly reached: (run: BegunRun) => Promise<boolean>;
  /** What a kill at that moment is known to leave behind. */
  readonly leaves: RegExp;
}

async function shows(argv: readonly string[], what: RegExp): Promise<boolean> {
  return what.test((await hostExec(argv)).stdout);
}

function isLogged(run: BegunRun, what: RegExp): boolean {
  const [cell] = cellDirs(join(RUNS, run.runId));
  const log = join(cell ?? "", "events.ndjson");
  return cell !== undefined && existsSync(log) && readEventLog(log).some((event) => what.test(JSON.stringify(event)));
}

export const NODES_ORDERED: CreationMoment = {
  when: "when kind has ordered the nodes and Docker makes them",
  reached: ({ cluster }) => shows(["docker", "ps", "--all", "--format", "{{.Names}}"], new RegExp(`^${cluster}-`, "m")),
  leaves: /container .*\nnetwork /s,
};

function stageMoment(stage: "cni" | "roles" | "ready"): CreationMoment {
  return {
    when: `at stage ${stage}`,
    reached: (run) => Promise.resolve(isLogged(run, new RegExp(`"type":"stage-started","stage":"${stage}"`))),
    leaves: /container .*-control-plane/,
  };
}

export const KUBEADM_AT_WORK: CreationMoment = {
  when: "when kubeadm is at work on a node",
  reached: ({ cluster }) => shows(["docker", "top", `${cluster}-control-plane`, "-eo", "pid,args"], /kubeadm init/),
  leaves: /create cluster --name/,
};

export const ROLES_STAGE = stageMoment("roles");

/** Each a little later than the one before. */
export const MOMENTS: readonly CreationMoment[] = [
  {
    when: "when its network has only its closing rule",
    reached: ({ cluster }) => shows(["iptables", "-S", "DOCKER-USER"], new RegExp(`faultline:${cluster} `)),
    leaves: /lease$/,
  },
  NODES_ORDERED,
  KUBEADM_AT_WORK,
  {
    when: "when its nodes are up",
    reached: (run) => Promise.resolve(isLogged(run, /"type":"stage-done","stage":"cluster"/)),
    leaves: /container .*-control-plane/,
  },
  stageMoment("cni"),
  ROLES_STAGE,
  stageMoment("ready"),
];

/** Starts a run and resolves as soon as a look finds that the moment has come. */
export async function runAt({ reached }: CreationMoment, ...flags: readonly string[]): Promise<Launched & BegunRun> {
  const launched = launch(["run", "baseline/packet-flow", "--yes", "--progress", "none", ...flags]);
  const run = await begun(launched.child);
  const attempt = async () => {
    if (launched.child.exitCode !== null) {
      const { code, stdout, stderr } = await launched.outcome;
      throw new GiveUpError(`the run ended with ${code}:\n${stdout}${stderr}`);
    }
    if (!(await reached(run))) throw new Error("not yet");
  };
  await waitFor("the moment", attempt, { budgetMs: 120_000, intervalMs: 10 });
  return { ...launched, ...run };
}
