import { expect } from "chai";
import { PreflightError, UndecidedError } from "../../lib/errors.ts";
import type { Exec } from "../../lib/exec.ts";
import {
  bridgeName,
  closingRule,
  closingRules,
  clusterName,
  createClosedNetwork,
  droppedPackets,
  LABELS,
  removeClosedNetwork,
} from "../../clusters/network.ts";

const NAME = "faultline-114400k3x90";
const OWNER = "4242/987654/6e5b8c1a-0000-4000-8000-000000000000/4026531836";

/** As iptables 1.8 (nft) prints it. */
const CHAIN = `-N DOCKER-USER
-A DOCKER-USER -i fl-114400k3x90 ! -o fl-114400k3x90 -m comment --comment "faultline:${NAME} ${OWNER}" -j DROP
-A DOCKER-USER -i fl-114400k3x91 ! -o fl-114400k3x91 -m comment --comment "faultline:${NAME}1" -j DROP
-A DOCKER-USER -i fl-114400k3x90 ! -o fl-114400k3x90 -m comment --comment "faultline:${NAME}" -j DROP
-A DOCKER-USER -s 10.0.0.0/8 -m comment --comment "somebody else's faultline:x" -j DROP
-A DOCKER-USER -s 10.0.0.0/8 -m comment --comment faultline:no-drop -j ACCEPT
-A DOCKER-USER -j RETURN
`;

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
    const rule = (comment: string) => [
      "-i",
      bridge,
      "!",
      "-o",
      bridge,
      "-m",
      "comment",
      "--comment",
      comment,
      "-j",
      "DROP",
    ];
    expect(closingRule({ cluster: NAME, owner: "" })).to.deep.equal(rule(`faultline:${NAME}`));
    expect(closingRule({ cluster: NAME, owner: OWNER })).to.deep.equal(rule(`faultline:${NAME} ${OWNER}`));
  });

  it("is found again by its rule, and by nobody else's", async () => {
    const { exec } = fake(() => ({ stdout: CHAIN }));
    expect(await closingRules(exec)).to.deep.equal([
      { cluster: NAME, owner: OWNER },
      { cluster: `${NAME}1`, owner: "" },
      { cluster: NAME, owner: "" },
    ]);
    expect(await closingRules(fake(() => ({ exitCode: 4, stdout: CHAIN })).exec)).to.deep.equal([]);
  });

  it("is named after its run, its day left out, and its cell", () => {
    expect(clusterName("20261121-114400-k3x9", 0)).to.equal(NAME);
  });

  it("is closed and read back before it is there, and first of all rules", async () => {
    const { exec, asked } = fake(() => ({}));
    await createClosedNetwork(NAME, { [LABELS.cluster]: NAME, [LABELS.owner]: OWNER }, exec);
    expect(asked.map((line) => line.split(" ").slice(0, 5).join(" "))).to.deep.equal([
      "iptables -w 10 -I DOCKER-USER",
      "iptables -w 10 -C DOCKER-USER",
      "docker network create --driver bridge",
    ]);
    expect(asked[0]).to.include("-I DOCKER-USER 1 -i").and.to.include(`faultline:${NAME} ${OWNER}`);
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

  const overlap = "Error response from daemon: Pool overlaps with other one on this address space";
  const conflict =
    "Error response from daemon: cannot create network x (br-x): conflicts with network y (br-y): networks have overlapping IPv4";
  const exhausted =
    "Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults";

  for (const stderr of [overlap, conflict]) {
    it(`takes the next subnet when another is quicker: ${stderr.slice(28, 60)}`, async () => {
      const { exec, asked } = fake((line, before) => {
        const tries = before.filter((one) => one.startsWith("docker network create")).length;
        return line.startsWith("docker") && tries < 2 ? { exitCode: 1, stderr } : {};
      });
      await createClosedNetwork(NAME, {}, exec);
      expect(asked.filter((line) => line.startsWith("docker network create"))).to.have.length(3);
    });
  }

  for (const [what, stderr, kind] of [
    ["no subnet is left", exhausted, PreflightError],
    ["Docker gives another reason", "Error response from daemon: network with name x already exists", Error],
  ] as const) {
    it(`is not tried again when ${what}`, async () => {
      const { exec, asked } = fake((line) => (line.startsWith("docker") ? { exitCode: 1, stderr } : {}));
      const error = await caught(createClosedNetwork(NAME, {}, exec));
      expect(error).to.be.instanceOf(kind).with.property("message").that.includes(stderr);
      expect(asked.filter((line) => line.startsWith("docker"))).to.have.length(1);
    });
  }

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

  it("goes with the network first and the rules after it, its own and no other's", async () => {
    const { exec, asked } = fake(() => ({ stdout: CHAIN }));
    await removeClosedNetwork(NAME, exec);
    expect(asked[0]).to.equal(`docker network rm ${NAME}`);
    const removed = asked.filter((line) => line.includes(" -D ")).map((line) => line.replace(/.*--comment /, ""));
    expect(removed).to.deep.equal([`faultline:${NAME} ${OWNER} -j DROP`, `faultline:${NAME} -j DROP`]);
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
