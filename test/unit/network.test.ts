import { expect } from "chai";
import { UndecidedError } from "../../lib/errors.ts";
import type { Exec } from "../../lib/exec.ts";
import {
  bridgeName,
  closingRule,
  createClosedNetwork,
  droppedPackets,
  LABELS,
  removeClosedNetwork,
} from "../../clusters/network.ts";

const NAME = "faultline-114400k3x90";

interface Answer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** An Exec that answers as told and keeps what it was asked. */
function fake(answer: (line: string, asked: readonly string[]) => Answer): {
  readonly exec: Exec;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const exec: Exec = (argv) => {
    const line = argv.join(" ");
    const { exitCode = 0, stdout = "", stderr = "" } = answer(line, asked);
    asked.push(line);
    return Promise.resolve({ argv, exitCode, stdout, stderr, timedOut: false, durationMs: 1 });
  };
  return { exec, asked };
}

async function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("the closed network", () => {
  it("has a bridge whose name the kernel takes, another for another cluster", () => {
    expect(bridgeName(NAME)).to.match(/^fl-\w{1,12}$/);
    expect(bridgeName("faultline-114400k3x91")).to.not.equal(bridgeName(NAME));
    expect(bridgeName("faultline-".padEnd(60, "x"))).to.have.length(15);
  });

  it("is closed by one rule that carries our mark and spares what stays on the bridge", () => {
    const bridge = bridgeName(NAME);
    const rule = ["-i", bridge, "!", "-o", bridge, "-m", "comment", "--comment", `faultline:${NAME}`, "-j", "DROP"];
    expect(closingRule(NAME)).to.deep.equal(rule);
  });

  it("is closed and read back before it is there, and first of all rules", async () => {
    const { exec, asked } = fake(() => ({}));
    await createClosedNetwork(NAME, { [LABELS.cluster]: NAME }, exec);
    expect(asked.map((line) => line.split(" ").slice(0, 5).join(" "))).to.deep.equal([
      "iptables -w 10 -I DOCKER-USER",
      "iptables -w 10 -C DOCKER-USER",
      "docker network create --driver bridge",
    ]);
    expect(asked[0]).to.include("-I DOCKER-USER 1 -i");
    expect(asked[2])
      .to.include(`--label ${LABELS.cluster}=${NAME}`)
      .and.to.match(new RegExp(` ${NAME}$`));
  });

  it("is not made when the rule cannot be read back", async () => {
    const { exec, asked } = fake((line) => (line.includes(" -C ") ? { exitCode: 1, stderr: "Bad rule" } : {}));
    expect(await caught(createClosedNetwork(NAME, {}, exec))).to.be.instanceOf(UndecidedError);
    expect(asked.filter((line) => line.startsWith("docker"))).to.deep.equal([]);
  });

  it("is not made when the rule cannot be put in", async () => {
    const { exec, asked } = fake(() => ({ exitCode: 4, stderr: "no chain" }));
    expect(await caught(createClosedNetwork(NAME, {}, exec))).to.be.an("error");
    expect(asked).to.have.length(1);
  });

  const listing = (rows: string) => `Chain DOCKER-USER (1 references)\n    pkts      bytes target\n${rows}`;
  const row = (packets: number, cluster: string) =>
    `  ${packets}   3600 DROP  0  --  fl-x !fl-x  0.0.0.0/0  0.0.0.0/0  /* faultline:${cluster} */\n`;

  it("counts the packets of its own rule, not of one whose name begins alike", async () => {
    const { exec } = fake(() => ({ stdout: listing(row(9, `${NAME}1`) + row(42, NAME)) }));
    expect(await droppedPackets(NAME, exec)).to.equal(42);
  });

  it("does not take a rule that is gone for one that dropped nothing", async () => {
    const { exec } = fake(() => ({ stdout: listing(row(9, `${NAME}1`)) }));
    expect(await caught(droppedPackets(NAME, exec))).to.be.instanceOf(UndecidedError);
  });

  it("goes with the network first and the rule after it, as often as it is there", async () => {
    const { exec, asked } = fake((line, before) => {
      const deletions = before.filter((one) => one.includes(" -D ")).length;
      return line.includes(" -D ") && deletions >= 2 ? { exitCode: 1 } : {};
    });
    await removeClosedNetwork(NAME, exec);
    expect(asked[0]).to.equal(`docker network rm ${NAME}`);
    expect(asked.filter((line) => line.includes(" -D "))).to.have.length(3);
  });

  it("may be gone already", async () => {
    const { exec } = fake((line) =>
      line.startsWith("docker")
        ? { exitCode: 1, stderr: `Error response from daemon: network ${NAME} not found` }
        : { exitCode: 1 },
    );
    expect(await caught(removeClosedNetwork(NAME, exec))).to.equal(undefined);
  });

  it("keeps its rule when the network stays", async () => {
    const { exec, asked } = fake(() => ({ exitCode: 1, stderr: "has active endpoints" }));
    expect(await caught(removeClosedNetwork(NAME, exec)))
      .to.be.an("error")
      .with.property("message")
      .that.includes("active");
    expect(asked.filter((line) => line.startsWith("iptables"))).to.deep.equal([]);
  });
});
