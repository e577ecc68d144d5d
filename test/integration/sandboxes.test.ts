import { readFileSync } from "node:fs";
import { expect } from "chai";
import { hostExec, mustExec } from "../../lib/host/exec.ts";

const SANDBOXES = readFileSync(new URL("../../clusters/create/sandboxes.pl", import.meta.url), "utf8");
const bundle = (name: string) => readFileSync(new URL(`../fixtures/bundles/${name}.json`, import.meta.url), "utf8");
/**
 * $1 the script, then ID PID CONFIG of each bundle; "-" for a missing file. Runs in a mount namespace with its own
 * /run.
 */
const ON_A_NODE = `mount -t tmpfs tmpfs /run && script=$1 && shift
while [ $# -ge 3 ]; do
  dir=/run/containerd/io.containerd.runtime.v2.task/k8s.io/$1 && mkdir -p "$dir"
  if [ "$2" != - ]; then printf %s "$2" >"$dir/init.pid"; fi
  if [ "$3" != - ]; then printf %s "$3" >"$dir/config.json"; fi
  shift 3
done
perl -e "$script"`;

type Bundle = readonly [pid: string, config: string];

async function saidOf(...bundles: readonly Bundle[]): Promise<string> {
  const words = bundles.flatMap((one, index) => [`bundle${index}`, ...one]);
  const argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ON_A_NODE, "node", SANDBOXES, ...words];
  return (await mustExec(hostExec, argv)).stdout;
}

describe("the sandboxes of a node's pods", () => {
  const [sandbox, container] = [bundle("sandbox"), bundle("container")];
  const SAME = '{"namespace":"faultline","name":"same","pid":791}\n';

  it("are told from containers, by namespace, name and process", async () => {
    expect(await saidOf(["1035", container], ["791", sandbox])).to.equal(SAME);
  });

  it("are none where nothing runs", async () => {
    expect(await saidOf()).to.equal("");
  });

  it("do not depend on one that is just being made or ended", async () => {
    const half = sandbox.slice(0, sandbox.indexOf("io.kubernetes.cri"));
    expect(await saidOf(["-", sandbox], ["12", "-"], ["13", half], ["", sandbox], ["791\n", sandbox])).to.equal(SAME);
  });

  it("are not what a container's own words say", async () => {
    const words = JSON.stringify(JSON.stringify({ "io.kubernetes.cri.container-type": "sandbox" }));
    const boasting = container.replace('"env":[', `"env":[${words},`);
    expect(JSON.parse(boasting)).to.have.nested.property("process.env[0]");
    expect(await saidOf(["1035", boasting])).to.equal("");
  });
});
