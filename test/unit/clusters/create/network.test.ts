import { expect } from "chai";
import { PreflightError, UndecidedError } from "../../../../lib/host/errors.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import {
  bridgeName,
  closingRule,
  closingRules,
  droppedPackets,
  LABELS,
} from "../../../../clusters/ownership/closing-rule.ts";
import {
  clusterName,
  createClosedNetwork,
  removeClosedNetwork,
  uniqueLocalSubnet,
} from "../../../../clusters/create/network.ts";

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

/** As ip6tables 1.8 (nft) prints mangle's FORWARD. */
const CHAIN6 = `-P FORWARD ACCEPT
-A FORWARD -i fl-114400k3x90 ! -o fl-114400k3x90 -m comment --comment "faultline:${NAME} ${OWNER}" -j DROP
-A FORWARD -i eth0 -m comment --comment "somebody else's" -j DROP
`;

/** The listing that each tool prints of its chain. */
const listed = (line: string): Answer => ({ stdout: line.startsWith("ip6tables") ? CHAIN6 : CHAIN });

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

/** A command without what is long in it. */
function begins(line: string): string {
  return line.split(" ").slice(0, 7).join(" ");
}

async function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("the closed network", () => {
  it("has a bridge name that the kernel accepts, and a different one per cluster", () => {
    expect(bridgeName(NAME)).to.match(/^fl-\w{1,12}$/);
    expect(bridgeName("faultline-114400k3x91")).to.not.equal(bridgeName(NAME));
    expect(bridgeName("faultline-".padEnd(60, "x"))).to.have.length(15);
  });

  it("is closed by one rule with our mark, which spares packets that stay on the bridge", () => {
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

  it("is found by its own rule and no other", async () => {
    const { exec } = fake(listed);
    expect(await closingRules(exec)).to.deep.equal([
      { cluster: NAME, owner: OWNER, family: 4 },
      { cluster: `${NAME}1`, owner: "", family: 4 },
      { cluster: NAME, owner: "", family: 4 },
      { cluster: NAME, owner: OWNER, family: 6 },
    ]);
    expect(await closingRules(fake(() => ({ exitCode: 4, stdout: CHAIN })).exec)).to.deep.equal([]);
  });

  it("is named after its run, without the day, and its cell", () => {
    expect(clusterName("20261121-114400-k3x9", 0)).to.equal(NAME);
  });

  it("is closed by the first rule of its chain, read back before the network exists", async () => {
    const { exec, asked } = fake(() => ({}));
    await createClosedNetwork(NAME, { labels: { [LABELS.cluster]: NAME, [LABELS.owner]: OWNER } }, exec);
    expect(asked.map(begins)).to.deep.equal([
      "iptables -w 10 -t filter -I DOCKER-USER",
      "iptables -w 10 -t filter -C DOCKER-USER",
      "docker network create --driver bridge -o com.docker.network.bridge.name=fl-114400k3x90",
    ]);
    expect(asked[2]).to.not.include("--ipv6");
    expect(asked[0]).to.include("-I DOCKER-USER 1 -i").and.to.include(`faultline:${NAME} ${OWNER}`);
    expect(asked[2])
      .to.include(`--label ${LABELS.cluster}=${NAME}`)
      .and.to.match(new RegExp(` ${NAME}$`));
  });

  it("is closed for each of its families before it is made", async () => {
    const { exec, asked } = fake(() => ({}));
    await createClosedNetwork(NAME, { labels: { [LABELS.owner]: OWNER }, ipv6: true }, exec);
    expect(asked.map(begins)).to.deep.equal([
      "iptables -w 10 -t filter -I DOCKER-USER",
      "iptables -w 10 -t filter -C DOCKER-USER",
      "ip6tables -w 10 -t mangle -I FORWARD",
      "ip6tables -w 10 -t mangle -C FORWARD",
      "docker network create --driver bridge -o com.docker.network.bridge.name=fl-114400k3x90",
    ]);
    expect(asked[2]).to.include("-I FORWARD 1 -i").and.to.include(`faultline:${NAME} ${OWNER}`);
    expect(asked[4]).to.include(`--ipv6 --subnet ${uniqueLocalSubnet(NAME, 1)} ${NAME}`);
  });

  it("is not made when it cannot be closed for IPv6", async () => {
    const { exec, asked } = fake((line) =>
      line.startsWith("ip6tables") ? { exitCode: 127, stderr: "not found" } : {},
    );
    expect(await caught(createClosedNetwork(NAME, { labels: {}, ipv6: true }, exec))).to.be.an("error");
    expect(asked.filter((line) => line.startsWith("docker"))).to.deep.equal([]);
  });

  it("has a unique local subnet, a new one at each attempt", () => {
    const subnets = [1, 2, 3].flatMap((attempt) => [NAME, `${NAME}1`].map((name) => uniqueLocalSubnet(name, attempt)));
    expect(new Set(subnets).size).to.equal(6);
    for (const subnet of subnets) expect(subnet).to.match(/^fd[0-9a-f]{2}(:[0-9a-f]{4}){2}::\/64$/);
    expect(uniqueLocalSubnet(NAME, 1)).to.equal(uniqueLocalSubnet(NAME, 1));
  });

  it("is not made when the rule cannot be read back", async () => {
    const { exec, asked } = fake((line) => (line.includes(" -C ") ? { exitCode: 1, stderr: "Bad rule" } : {}));
    expect(await caught(createClosedNetwork(NAME, { labels: {} }, exec))).to.be.instanceOf(UndecidedError);
    expect(asked.filter((line) => line.startsWith("docker"))).to.deep.equal([]);
  });

  it("is not made when the rule cannot be inserted", async () => {
    const { exec, asked } = fake(() => ({ exitCode: 4, stderr: "no chain" }));
    expect(await caught(createClosedNetwork(NAME, { labels: {} }, exec))).to.be.an("error");
    expect(asked).to.have.length(1);
  });

  const overlap = "Error response from daemon: Pool overlaps with other one on this address space";
  const conflict =
    "Error response from daemon: cannot create network x (br-x): conflicts with network y (br-y): " +
    "networks have overlapping IPv4";
  const exhausted =
    "Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults";

  for (const stderr of [overlap, conflict]) {
    it(`takes the next subnet when another network has taken it: ${stderr.slice(28, 60)}`, async () => {
      const { exec, asked } = fake((line, before) => {
        const tries = before.filter((one) => one.startsWith("docker network create")).length;
        return line.startsWith("docker") && tries < 2 ? { exitCode: 1, stderr } : {};
      });
      await createClosedNetwork(NAME, { labels: {} }, exec);
      expect(asked.filter((line) => line.startsWith("docker network create"))).to.have.length(3);
    });
  }

  for (const [what, stderr, kind] of [
    ["no subnet is left", exhausted, PreflightError],
    ["Docker gives another reason", "Error response from daemon: network with name x already exists", Error],
  ] as const) {
    it(`is not retried when ${what}`, async () => {
      const { exec, asked } = fake((line) => (line.startsWith("docker") ? { exitCode: 1, stderr } : {}));
      const error = await caught(createClosedNetwork(NAME, { labels: {} }, exec));
      expect(error).to.be.instanceOf(kind).with.property("message").that.includes(stderr);
      expect(asked.filter((line) => line.startsWith("docker"))).to.have.length(1);
    });
  }

  const listing = (rows: string) => `Chain DOCKER-USER (1 references)\n    pkts      bytes target\n${rows}`;
  const row = (packets: number, cluster: string) =>
    `  ${packets}   3600 DROP  0  --  fl-x !fl-x  0.0.0.0/0  0.0.0.0/0  /* faultline:${cluster} */\n`;

  it("counts its own rule's packets, not those of a name with the same prefix", async () => {
    const { exec } = fake(() => ({ stdout: listing(row(9, `${NAME}1`) + row(42, NAME)) }));
    expect(await droppedPackets(NAME, 4, exec)).to.equal(42);
  });

  it("reports a missing rule as an error, not as zero packets", async () => {
    const { exec } = fake(() => ({ stdout: listing(row(9, `${NAME}1`)) }));
    expect(await caught(droppedPackets(NAME, 4, exec))).to.be.instanceOf(UndecidedError);
  });

  it("is removed before its rules, and no other network's rules are", async () => {
    const { exec, asked } = fake(listed);
    await removeClosedNetwork(NAME, exec);
    expect(asked[0]).to.equal(`docker network rm ${NAME}`);
    const removed = asked.filter((line) => line.includes(" -D "));
    expect(removed.map((line) => line.replace(/ .*--comment /, " "))).to.deep.equal([
      `iptables faultline:${NAME} ${OWNER} -j DROP`,
      `iptables faultline:${NAME} -j DROP`,
      `ip6tables faultline:${NAME} ${OWNER} -j DROP`,
    ]);
  });

  it("can be removed when it is gone already", async () => {
    const { exec } = fake((line) =>
      line.startsWith("docker")
        ? { exitCode: 1, stderr: `Error response from daemon: network ${NAME} not found` }
        : { exitCode: 1 },
    );
    expect(await caught(removeClosedNetwork(NAME, exec))).to.equal(undefined);
  });

  it("keeps its rule when Docker cannot remove it", async () => {
    const { exec, asked } = fake(() => ({ exitCode: 1, stderr: "has active endpoints" }));
    expect(await caught(removeClosedNetwork(NAME, exec)))
      .to.be.an("error")
      .with.property("message")
      .that.includes("active");
    expect(asked.filter((line) => line.startsWith("iptables"))).to.deep.equal([]);
  });
});
