import { expect } from "chai";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createByKind } from "../../../../clusters/create/kind-create.ts";
import { UndecidedError } from "../../../../lib/host/errors.ts";
import type { Exec, ExecOptions } from "../../../../lib/host/exec.ts";

const NAME = "faultline-114400k3x90";
/** As kind 0.30 tells what Docker 20.10 said. */
const PORT_TAKEN =
  `ERROR: failed to create cluster: command "docker run --name ${NAME}-control-plane" failed with error: ` +
  "exit status 125\nCommand Output: docker: Error response from daemon: driver failed programming external " +
  "connectivity: Bind for 127.0.0.1:35423 failed: port is already allocated.";

describe("creating by kind", () => {
  let dir = "";
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "faultline-kind-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** kind fails with each of these in turn, then works. */
  function machine(...failures: readonly string[]) {
    const ran: string[] = [];
    const options: ExecOptions[] = [];
    const exec: Exec = (argv, given = {}) => {
      const isKind = argv[0] === "/cache/kind";
      const stderr = isKind ? (failures[options.length] ?? "") : "";
      ran.push(argv.slice(isKind ? 1 : 0, isKind ? 3 : undefined).join(" "));
      if (isKind) options.push(given);
      if (isKind && stderr === "") writeFileSync(join(dir, "kubeconfig"), "server: x", { mode: 0o644 });
      const stdout = argv[1] === "ps" ? "9ba449840\n" : "";
      const exitCode = stderr === "" ? 0 : 1;
      return Promise.resolve({ argv, exitCode, timedOut: false, stdout, stderr, durationMs: 1 });
    };
    const order = { kind: "/cache/kind", name: NAME, imageTag: "i", config: "kind: Cluster", dir };
    const work = createByKind({ ...order, kubeconfig: join(dir, "kubeconfig") }, exec);
    return { ran, options, work };
  }

  it("keeps the kubeconfig private in the run's directory, whatever kind's environment variables say", async () => {
    const { ran, options, work } = machine();
    await work;
    expect(ran).to.deep.equal(["create cluster"]);
    expect(statSync(join(dir, "kubeconfig")).mode & 0o777).to.equal(0o600);
    expect(options[0]?.env).to.deep.equal({
      KIND_EXPERIMENTAL_DOCKER_NETWORK: NAME,
      KIND_EXPERIMENTAL_PROVIDER: "docker",
    });
  });

  it("retries with its nodes removed when another process takes the port first", async () => {
    const { ran, work } = machine(PORT_TAKEN, "listen tcp4 127.0.0.1:35423: bind: address already in use");
    await work;
    const removed = "docker rm --force --volumes 9ba449840";
    expect(ran.filter((line) => !line.startsWith("docker ps"))).to.deep.equal([
      ...["create cluster", removed, "create cluster", removed, "create cluster"],
    ]);
  });

  it("gives up after the third attempt, and at once for any other error, with kind's last lines and log", async () => {
    for (const [failures, times] of [
      [[PORT_TAKEN, PORT_TAKEN, PORT_TAKEN], 3],
      [["ERROR: failed to init node with kubeadm"], 1],
    ] as const) {
      const { options, work } = machine(...failures);
      const error: unknown = await work.catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(UndecidedError);
      expect((error as UndecidedError).message).to.include(failures[0].split("\n").at(-1));
      expect(options).to.have.length(times);
      expect(readFileSync(join(dir, "kind.log"), "utf8")).to.equal(failures[0]);
      expect(existsSync(join(dir, "kubeconfig"))).to.equal(false);
    }
  });
});
