import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { behind, mustExec, hostExec } from "../../lib/host/exec.ts";
import type { Fingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { diffHostFingerprints, takeHostFingerprint } from "../../lib/fingerprint/host.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { makeTestNode, type TestNode } from "../fixtures/faults/namespace.ts";

const ADVERTISE = fileURLToPath(new URL("../fixtures/fingerprint/advertise-router.pl", import.meta.url));

const JOIN = fileURLToPath(new URL("../fixtures/fingerprint/join-anycast.pl", import.meta.url));

const ON = "sysctl -qw net.ipv6.conf.all.forwarding=1";
const OFF = "sysctl -qw net.ipv6.conf.all.forwarding=0";
const ONE_ON = "sysctl -qw net.ipv6.conf.eth0.forwarding=1";

const DEVICES: readonly string[] = [
  "ip link add veth0 type veth peer name veth1",
  "ip link set veth0 up",
  "ip link set veth1 up",
  "ip -6 address add fd97:1::5/64 dev veth0",
  "ip -6 address add fd97:2::5/109 dev veth0",
  "ip -6 address add fd97:3::5/127 dev veth0",
  "ip -6 address add fd97:4::5/128 dev veth0",
  "ip -6 address add fd97:5::5 peer fd97:6::5/64 dev veth0",
  "ip -6 address add fd97:7::5/64 dev lo",
];

/** The subnet-router anycast addresses that the kernel is known to add. It adds none for 127 and 128 bits. */
const ANYCAST: readonly string[] = ["fd97:1::", "fd97:2::", "fd97:5::", "fe80::"];

/** Routes that somebody adds while forwarding changes, and how each must show. */
const BY_HAND: readonly (readonly [route: string, line: RegExp])[] = [
  ["anycast fd97:9:: dev veth0 table local proto kernel", /^route new: anycast fd97:9:: dev veth0 table local/],
  ["anycast fd97:1:: dev veth1 table local proto kernel", /^route new: anycast fd97:1:: dev veth1 table local/],
  ["fd97:9::/64 dev veth0 proto kernel metric 256", /^route new: fd97:9::\/64 dev veth0 proto kernel/],
  ["default via fe80::9 dev veth0", /^route new: default via fe80::9 dev veth0/],
];

describe("fingerprint of a host where IPv6 forwarding is switched", function () {
  let node: TestNode;
  const run = (command: string) => mustExec(node.exec, command.split(" "));
  const addresses = async () => (await run("ip -o -6 address show dev eth0")).stdout;
  const look = () => takeHostFingerprint(node.exec);

  /** Looks while a socket is a member of the anycast address on veth0, which gives it a route as forwarding would. */
  const lookAsMember = (address: string) =>
    takeHostFingerprint(behind(["ip", "netns", "exec", node.name, "perl", JOIN, address, "veth0"], hostExec));

  /** Resolves when the node has made itself an address in the prefix. */
  async function advertise(prefix: string, validS: number, preferredS: number): Promise<void> {
    await waitFor(
      `an address in ${prefix}`,
      async () => {
        await mustExec(node.neighbour, ["perl", ADVERTISE, prefix, String(validS), String(preferredS)]);
        expect(await addresses()).to.include(prefix);
      },
      { budgetMs: 10_000, intervalMs: 200 },
    );
  }

  beforeEach("make a namespace that does not forward IPv6", async function () {
    node = await makeTestNode();
    await run(OFF);
    for (const command of DEVICES) await run(command);
  });
  afterEach("take it away", () => node[Symbol.asyncDispose]());

  it("is the same with forwarding on, and shows forwarding that goes off with its routes", async function () {
    await advertise("fd97:8::", 3600, 1800);
    const off = await look();
    await run(ON);
    const on = await look();
    const come = routes(on).filter((route) => !routes(off).includes(route));
    for (const address of ANYCAST) expect(come.join("\n")).to.include(`anycast ${address} dev veth0 table local`);
    expect(come.join("\n"))
      .to.include("anycast fd97:7:: dev lo")
      .and.to.not.match(/fd97:[34]::/);
    expect(routes(off).join("\n")).to.match(/^default via fe80::\S+ dev eth0 proto ra/m);
    expect(routes(on).join("\n")).to.not.include("proto ra");
    expect(diffHostFingerprints(off, on)).to.deep.equal([]);
    await run(OFF);
    const offAgain = await look();
    expect(routes(offAgain).join("\n")).to.not.include("anycast");
    const shown = diffHostFingerprints(on, offAgain);
    const switches = on.items.filter(({ scope }) => /^net\.ipv6\.conf\.[^.]+\.forwarding$/.test(scope));
    expect(switches.map(({ scope }) => scope)).to.include("net.ipv6.conf.veth0.forwarding");
    const lost = come.filter((route) => route.startsWith("anycast")).map((route) => `route gone: ${route}`);
    expect(shown).to.have.members([...switches.map(({ scope }) => `sysctl ${scope}: 1 → 0`), ...lost]);
    expect(diffHostFingerprints(off, offAgain)).to.deep.equal([]);
  });

  it("is the same with one device's forwarding on, and shows it when it goes off", async function () {
    const off = await look();
    await run(ONE_ON);
    const on = await look();
    const anycast = routes(on).filter((route) => route.startsWith("anycast"));
    expect(anycast).to.have.length(1);
    expect(diffHostFingerprints(off, on)).to.deep.equal([]);
    await run("sysctl -qw net.ipv6.conf.eth0.forwarding=0");
    expect(diffHostFingerprints(on, await look())).to.have.members([
      "sysctl net.ipv6.conf.eth0.forwarding: 1 → 0",
      ...anycast.map((route) => `route gone: ${route}`),
    ]);
  });

  for (const [route, line] of BY_HAND) {
    it(`shows ${route}, added while forwarding changed`, async function () {
      const off = await look();
      await run(ON);
      await run(`ip -6 route add ${route}`);
      const shown = diffHostFingerprints(off, await look());
      expect(shown).to.have.length(1);
      expect(shown[0]).to.match(line);
    });
  }

  it("shows the kernel's own anycast route where forwarding did not change, or for another address", async function () {
    const off = await look();
    const unchanged = diffHostFingerprints(off, await lookAsMember("fd97:1::"));
    await run(ON);
    const changed = diffHostFingerprints(off, await lookAsMember("fd97:1::9"));
    const line = (address: string) =>
      `route new: anycast ${address} dev veth0 table local proto kernel metric 0 pref medium`;
    expect([unchanged, changed]).to.deep.equal([[line("fd97:1::")], [line("fd97:1::9")]]);
  });

  /** Looks, does it, and looks again when the advertised address has expired. */
  async function overExpiry(change: () => Promise<unknown>): Promise<readonly string[]> {
    await advertise("fd97:8::", 6, 5);
    const before = await look();
    await change();
    const expired = async () => expect(await addresses()).to.not.include("fd97:8::");
    await waitFor("the end of the address", expired, { budgetMs: 20_000, intervalMs: 200 });
    return diffHostFingerprints(before, await look());
  }

  it("is the same without an advertised address that expired while it forwards", async function () {
    expect(await overExpiry(() => run(ON))).to.deep.equal([]);
  });

  it("shows an advertised address that expired where forwarding did not change", async function () {
    const shown = await overExpiry(() => Promise.resolve());
    expect(shown.join("\n")).to.match(/^address gone: eth0 inet6 fd97:8::\S+ scope global .*\bmngtmpaddr$/m);
  });
});

function routes({ items }: Fingerprint): readonly string[] {
  return items.filter(({ section }) => section === "route").map(({ text }) => text);
}
