import { Command, InvalidArgumentError, Option } from "commander";
import { LISTS, type ListName } from "./commands/list-names.ts";
import type { RunOptions } from "./cell/run-options.ts";
import type { Format } from "./commands/report.ts";
import type { TestOptions } from "./commands/test.ts";

function collect(value: string, all: readonly string[]): readonly string[] {
  return [...all, value];
}

function wholeSeconds(value: string): number {
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected a whole number of seconds from 1 to 99999");
}

function times(value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected a whole number from 1 to 9999");
}

function places(value: string): number {
  if (/^[1-9]\d?$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected a whole number from 1 to 99");
}

function rotation(value: string): number | "none" {
  if (value === "none") return value;
  if (/^[1-9]\d?$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected a whole number from 1 to 99, or none");
}

function listName(value: string): ListName {
  const found = LISTS.find((name) => name === value);
  if (found) return found;
  throw new InvalidArgumentError(`known: ${LISTS.join(", ")}`);
}

/** What a command is given by the process that runs it. */
interface Invocation {
  /** The arguments as typed, for a run's header. */
  readonly argv: readonly string[];
  /** Sets the exit code; 0 without it. */
  readonly done: (code: number) => void;
}

/**
 * Returns the commands with their options. Each command's module is imported by its action, so that help and light
 * commands start without what a run loads.
 */
export function program(invocation: Invocation): Command {
  const root = new Command("faultline")
    .description("Proves on real kind clusters how a Kubernetes network breaks, and that it heals.")
    .exitOverride()
    .showHelpAfterError("(see ./faultline --help)")
    .addHelpText(
      "after",
      "\nExit: 0 as expected, 1 an expectation broken, 2 could not decide, 3 usage, 4 preflight, " +
        "5 a fault not undone or a node tainted, 130/143 interrupted but healed.",
    );
  addRunning(root, invocation);
  addLooking(root, invocation);
  addRuns(root, invocation);
  addWhy(root, invocation);
  addMending(root, invocation);
  return root;
}

function running(command: Command): Command {
  return command
    .argument("[filters...]", "scenario ids, folders or globs: services/no-endpoints, overlay, 'services/*'")
    .option(
      "--cell <cell>",
      "cell to run in, again for more: cni@version/proxy mode/Kubernetes version/IP family, " +
        "or its first parts: flannel/nftables",
      collect,
      [],
    )
    .option("--kernel <kernel>", "kernel of the nodes: host, or one that a virtual machine is started for: um:newest")
    .option("--cluster <name>", "use a cluster that an earlier run kept, instead of a new one")
    .option("--yes", "set up what the machine lacks without asking", false)
    .option("--allow-host-wide", "let faults reach the whole machine; only where it is marked as disposable", false)
    .addOption(
      new Option("--keep <when>", "keep the cluster afterwards")
        .choices(["never", "failure", "always"])
        .default("never"),
    )
    .addOption(
      new Option("--progress <kind>", "how to tell what is going on")
        .choices(["auto", "tty", "plain", "none"])
        .default("auto"),
    )
    .addOption(
      new Option(
        "--evidence <what>",
        "captures and node states to keep: of all scenarios, of those that surprise, none",
      )
        .choices(["all", "failures", "none"])
        .default("failures"),
    )
    .option("--parallel <cells>", "how many cells at the same time (default: what the machine bears)", places)
    .option("--ready-timeout <seconds>", "how long the CNI and the roles may take to become ready", wholeSeconds, 120)
    .option("--reporter <name>", "also show the suites' tests by this mocha reporter (spec, dot, tap, …)");
}

function addRunning(root: Command, { argv, done }: Invocation): void {
  running(root.command("run"))
    .description("set up what is missing, create the cells' clusters, break, prove, heal, report")
    .option("--repeat <times>", "run each scenario so often, and tell the share that holds with its interval", times)
    .action(async (filters: string[], options: RunOptions) => {
      const { run } = await import("./commands/run.ts");
      done(await run(filters, options, argv));
    });
  running(root.command("selfcheck"))
    .description(
      "run each scenario with no fault, with it on the other node, and with its expectations swapped: all must fail",
    )
    .action(async (filters: string[], options: RunOptions) => {
      const { selfcheck } = await import("./commands/selfcheck.ts");
      done(await selfcheck(filters, options, argv));
    });
  root
    .command("test")
    .description("the project's own tests, set-up included: checks, unit, integration, end to end on a real cluster")
    .option("--only <layer>", "check, unit, integration or e2e, again for more", collect, [])
    .option("--all", "every test, as the nightly job runs them (default: each capability once, in some 20 min)", false)
    .option(
      "--rotation <part>",
      "part of the nightly tests in a default run: its number, or none (default: by commit)",
      rotation,
    )
    .action(async (options: TestOptions) => {
      const { test } = await import("./commands/test.ts");
      done(await test(options));
    });
}

function addObserving(root: Command, { argv, done }: Invocation): void {
  root
    .command("observe")
    .description(
      "try every path that suites know on a kept cluster, and tell what differs from when it was well; breaks nothing",
    )
    .argument("[cluster]", "a kept cluster (default: the only one)")
    .option("--record", "record it as well, to compare with later", false)
    .option("--strict", "exit 1 as well where only the state of a node differs", false)
    .action(async (cluster: string | undefined, options: { record: boolean; strict: boolean }) => {
      const { observe } = await import("./commands/observe.ts");
      done(await observe(cluster, options, argv));
    });
}

function addLooking(root: Command, invocation: Invocation): void {
  const { done } = invocation;
  addObserving(root, invocation);
  root
    .command("doctor")
    .description("say what a run needs and what is missing; changes nothing")
    .action(async () => {
      const { doctorCommand } = await import("./commands/doctor.ts");
      done(await doctorCommand());
    });
  root
    .command("plan")
    .description(
      "print cells, scenarios, the steps of each fault, what each path shows and how long it takes; does nothing",
    )
    .argument("[filters...]", "as for run")
    .option("--cell <cell>", "as for run", collect, [])
    .option("--scripts", "the exact commands of each fault and their scripts as well", false)
    .action(async (filters: string[], options: { cell: readonly string[]; scripts: boolean }) => {
      const { plan } = await import("./commands/plan.ts");
      await plan(filters, options);
    });
  root
    .command("list")
    .description(`list ${LISTS.join(", ")}`)
    .argument("[what]", LISTS.join(", "), listName, "scenarios")
    .action(async (what: ListName) => (await import("./commands/list.ts")).list(what));
  root
    .command("explain")
    .description("say what a scenario claims, breaks and expects, and why")
    .argument("<id>", "scenario id, folder or glob")
    .action(async (id: string) => (await import("./commands/explain.ts")).explain(id));
}

function addRuns(root: Command, { done }: Invocation): void {
  root
    .command("report")
    .description("print a run's report again")
    .argument("[run]", "run id or directory", "latest")
    .addOption(
      new Option("--format <format>", "table for people, json and junit for machines")
        .choices(["table", "json", "junit"])
        .default("table"),
    )
    .action(
      async (name: string, options: { format: Format }) =>
        void (await import("./commands/report.ts")).report(name, options.format),
    );
  root
    .command("replay")
    .description("judge a run again from its event log")
    .argument("[run]", "run id or directory", "latest")
    .action(async (name: string) => done((await import("./commands/replay.ts")).replay(name)));
}

function addWhy(root: Command, { done }: Invocation): void {
  root
    .command("why")
    .description("explain why paths failed, from a run's evidence")
    .argument("[run]", "run id or directory", "latest")
    .argument("[scenario]", "scenario id or folder; default: all of the run")
    .action(async (run: string, scenario?: string) =>
      done((await import("./commands/why.ts")).whyCommand(run, scenario)),
    );
}

function addMending(root: Command, { done }: Invocation): void {
  root
    .command("heal")
    .description("undo every fault that a run left behind, from its journal")
    .option("--run <run>", "only this run (id or directory)")
    .option("--dry-run", "only print what would be undone", false)
    .option("--scripts", "with --dry-run: the exact scripts and commands as well", false)
    .action(async (options: { run?: string; dryRun: boolean; scripts: boolean }) =>
      done(await (await import("./commands/heal.ts")).heal(options)),
    );
  root
    .command("gc")
    .description("delete this checkout's clusters whose run is gone, kept ones and half-made ones too")
    .argument("[clusters...]", "only these")
    .option("--dry-run", "only print them", false)
    .option(
      "--all",
      "those of other checkouts too, those of owners in containers that cannot be seen from here, " +
        "and superseded node images",
      false,
    )
    .action(async (clusters: string[], options: { dryRun: boolean; all: boolean }) =>
      done(await (await import("./commands/gc.ts")).gc({ ...options, clusters })),
    );
}
