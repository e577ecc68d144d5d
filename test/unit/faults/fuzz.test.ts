import { expect } from "chai";
import fc from "fast-check";
import { FaultlineError } from "../../../lib/errors.ts";
import type { Fault } from "../../../lib/faults/fault.ts";
import { armAndApply, captureUnclaimed, LEASE } from "../../../lib/faults/dead-man.ts";
import { GUARD } from "../../../lib/faults/guard-script.ts";
import type { NodeCommand } from "../../../lib/faults/kind.ts";
import { kindOf, validateFault } from "../../../lib/faults/kinds.ts";
import { network } from "../../../lib/faults/values.ts";
import { hostile, isPassable, SEED, somethingWasExecuted, STRINGS } from "../fuzz/hostile.ts";
import { expectArrival } from "../fuzz/real-process.ts";

/** One string field of a kind: what is right for it, how a string gets in, and the words of a message that name it. */
interface Field {
  readonly right: readonly string[];
  readonly put: (text: string) => object;
  readonly named: RegExp;
}

/** A kind's fields, all of them; what is around the hostile one; and how an accepted fault's values must stand in its arguments. */
interface Plan<F extends Fault> {
  readonly around: readonly F[];
  readonly fields: { readonly [P in Exclude<keyof F, "kind">]-?: Field };
  readonly carried: (fault: F, args: readonly string[]) => boolean;
  /** What the node may have said was there before. */
  readonly before?: readonly string[];
}

const NETWORKS = ["10.0.0.0/8", "10.1.2.3", "fd00::/64", "::ffff:10.0.0.1", "0.0.0.0/0"];

/** Everything that nft may be told; a value that got out of its place would not fit. */
const NFT =
  /^table inet fl_fuzz1 \{\n\}\ndelete table inet fl_fuzz1\ntable inet fl_fuzz1 \{\n {2}chain faultline \{\n {4}type filter hook (prerouting|input|forward|output) priority -350; policy accept;\n {4}meta l4proto (tcp|udp|\{ icmp, ipv6-icmp \})( ip6? saddr [0-9a-f:.]+\/\d+)?( ip6? daddr [0-9a-f:.]+\/\d+)?( (tcp|udp) dport \d+)? counter drop comment "faultline fuzz1"\n {2}\}\n\}\n$/;

const field = (name: string, right: readonly string[], named = new RegExp(name)): Field => ({
  right,
  named,
  put: (text) => ({ [name]: text }),
});

/** A kind that is not here, or a field, does not pass the type check. */
const PLANS: { readonly [K in Fault["kind"]]: Plan<Extract<Fault, { kind: K }>> } = {
  none: { around: [{ kind: "none" }], fields: {}, carried: (_fault, args) => args.length === 0 },
  sysctl: {
    around: [{ kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" }],
    before: ["1", "1\nnet/ipv4/conf/eth0/forwarding=1"],
    fields: {
      key: field("key", ["net.ipv4.ip_forward", "net.ipv4.conf.eth0/1.rp_filter", "net.core.rmem_max"], /key|^sysctl /),
      value: field("value", ["0", "1 2", "a:b-c"]),
    },
    carried: ({ key, value }, args) => {
      const path = key
        .split("/")
        .map((part) => part.replaceAll(".", "/"))
        .join(".");
      return args.length === 2 && args[0] === path && args[1] === value;
    },
  },
  drop: {
    around: [
      { kind: "drop", hook: "input", protocol: "udp", destinationPort: 8472 },
      { kind: "drop", hook: "prerouting", protocol: "icmp", source: "10.0.0.0/8", destination: "10.9.0.1" },
      { kind: "drop", hook: "prerouting", protocol: "tcp", destination: "fd00::1" },
    ],
    fields: {
      hook: field("hook", ["prerouting", "output"]),
      protocol: field("protocol", ["tcp", "icmp"], /protocol|drop icmp has a port/),
      destinationPort: field("destinationPort", ["80", "0x50", "1e3"]),
      source: field("source", NETWORKS, /source|drop from/),
      destination: field("destination", NETWORKS, /destination|drop from/),
    },
    carried: (_fault, args) => args.length === 1 && NFT.test(args[0] ?? ""),
  },
  route: {
    around: [
      { kind: "route", type: "blackhole", to: "10.9.0.0/16" },
      { kind: "route", type: "unicast", to: "fd00::/64", device: "eth0" },
    ],
    fields: {
      type: field("type", ["unicast", "unreachable", "blackhole"], /type|fault route/),
      to: field("to", NETWORKS),
      device: field("device", ["eth0", "flannel.1", "veth12@if3"], /device/),
    },
    carried: ({ to, type, device }, args) => {
      const { family, cidr } = network(to);
      const link = device === undefined ? [] : ["dev", device, ...(family === 4 ? ["scope", "link"] : [])];
      return JSON.stringify(args) === JSON.stringify([`-${family}`, cidr, "201", type, ...link]);
    },
  },
  link: {
    around: [{ kind: "link", device: "eth0", state: "down" }],
    fields: { device: field("device", ["eth0", "flannel.1", "lo"]), state: field("state", ["down"]) },
    before: [
      "2: eth0: <BROADCAST,UP> mtu 1500\nroute4 10.0.0.0/8 dev eth0 scope link",
      "2: eth0: <UP> mtu 1500\nproxy 10.0.0.9\nneighbour 10.0.0.8 lladdr aa:bb:cc:00:00:01\naddress fd00::1/64 scope global",
    ],
    carried: ({ device }, args) => args.length === 2 && args[0] === device && args[1] === "faultline-fuzz1",
  },
  "resolv-conf": {
    around: [{ kind: "resolv-conf", nameservers: ["127.0.0.53"] }],
    before: ["bmFtZXNlcnZlciAxMC4wLjAuMQo="],
    fields: {
      nameservers: {
        right: ["127.0.0.53", "fd00::53"],
        put: (text) => ({ nameservers: ["10.0.0.1", text] }),
        named: /nameservers/,
      },
    },
    carried: ({ nameservers }, args) => {
      const content = nameservers.map((one) => `nameserver ${one}\n`).join("");
      return Buffer.from(args[2] ?? "", "base64").toString() === content && args.length === 3;
    },
  },
  selector: {
    around: [{ kind: "selector", namespace: "faultline", service: "server", selector: { app: "nobody" } }],
    before: ['{"app":"server"}'],
    fields: {
      namespace: field("namespace", ["faultline"]),
      service: field("service", ["server"]),
      selector: {
        right: ["app", "example.org/app", "Name_1"],
        put: (text) => ({ selector: text.length % 2 === 0 ? { [text]: "x" } : { app: text } }),
        named: /selector/,
      },
    },
    carried: ({ namespace, service, selector }, args) => {
      const [inNamespace, name, wanted = ""] = args;
      const same =
        JSON.stringify(Object.entries(JSON.parse(wanted) as object)) === JSON.stringify(Object.entries(selector));
      return inNamespace === namespace && name === service && same && args.length === 4;
    },
  },
};

const KINDS = Object.entries(PLANS) as unknown as readonly (readonly [Fault["kind"], Plan<Fault>])[];
/** `[kind, field, the fault with a hostile string in that field]`. */
const candidates: fc.Arbitrary<readonly [Fault["kind"], string, Fault]> = fc.oneof(
  ...KINDS.flatMap(([kind, { around, fields }]) =>
    Object.entries<Field>(fields).map(([name, { right, put }]) =>
      fc
        .tuple(fc.constantFrom(...around), hostile(...right))
        .map(([base, text]): [Fault["kind"], string, Fault] => [kind, name, { ...base, ...put(text) }]),
    ),
  ),
);

function refusal(fault: Fault): unknown {
  try {
    validateFault({ node: "A", fault });
    return null;
  } catch (error) {
    return error;
  }
}

function commandsOf(fault: Fault, prior = kindOf(fault).priorInPlan(fault)): readonly NodeCommand[] {
  const kind = kindOf(fault);
  const steps = [kind.capture(fault), kind.apply(fault, prior, "fuzz1"), kind.readBack(fault, prior, "fuzz1")];
  const undone = [kind.undo(fault, prior, "fuzz1"), kind.verifyUndone(fault, prior, "fuzz1")];
  const armed = [captureUnclaimed(fault), armAndApply({ id: "fuzz1", fault, prior }, LEASE)];
  return [...steps, ...undone, ...armed].filter((command) => command !== null);
}

describe(`whatever a fault's values are (seed ${SEED})`, function () {
  this.timeout(120_000);
  const plain = new Set(
    KINDS.flatMap(([, { around }]) => around.flatMap((fault) => commandsOf(fault))).map(({ script }) => script),
  );
  const words: string[] = [];
  const argvOf = ({ script, args }: NodeCommand): readonly string[] => ["sh", "-c", script, "faultline", ...args];

  it("they are refused with an error that names the field, or stay what they are in the arguments of constant scripts", () => {
    const taken = new Map<string, number>();
    const check = ([kind, name, fault]: readonly [Fault["kind"], string, Fault]): void => {
      const error = refusal(fault);
      const plan = PLANS[kind] as unknown as Plan<Fault>;
      if (error !== null) {
        expect(error).to.be.instanceOf(FaultlineError);
        expect((error as Error).message).to.match((plan.fields as Record<string, Field>)[name]?.named ?? /^$/);
        return;
      }
      taken.set(`${kind}.${name}`, (taken.get(`${kind}.${name}`) ?? 0) + 1);
      for (const command of commandsOf(fault)) {
        expect(plain.has(command.script), `a script that depends on ${kind}.${name}`).to.equal(true);
        words.push(...argvOf(command).filter((word) => !plain.has(word)));
      }
      expect(
        plan.carried(fault, kindOf(fault).apply(fault, kindOf(fault).priorInPlan(fault), "fuzz1")?.args ?? []),
        JSON.stringify(fault),
      ).to.equal(true);
    };
    fc.assert(fc.property(candidates, check), { numRuns: STRINGS.faults, seed: SEED });
    // Every field was also seen with values that it takes, but the port, which is a number.
    const fields = KINDS.flatMap(([kind, { fields }]) => Object.keys(fields).map((name) => `${kind}.${name}`));
    expect([...taken.keys()].sort()).to.deep.equal(fields.filter((one) => one !== "drop.destinationPort").sort());
  });

  it("what a node says was there before is refused, or stays an argument of its undo", () => {
    const said = fc.oneof(
      ...KINDS.flatMap(([, { around, before }]) =>
        around.map((fault) => fc.tuple(fc.constant(fault), hostile("", ...(before ?? [])))),
      ),
    );
    let taken = 0;
    const check = ([fault, stdout]: readonly [Fault, string]): void => {
      const kind = kindOf(fault);
      let prior: unknown;
      try {
        prior = kind.priorSchema.parse(kind.captured(fault, stdout));
      } catch {
        // inject.ts makes one error of whatever this is, and changes nothing.
        return;
      }
      taken += 1;
      for (const command of commandsOf(fault, prior)) {
        expect(plain.has(command.script)).to.equal(true);
        words.push(...argvOf(command).filter((word) => !plain.has(word)));
      }
    };
    fc.assert(fc.property(said, check), { numRuns: STRINGS.faults / 10, seed: SEED });
    expect(taken).to.be.above(500);
  });

  it("there is no kind but these", () => {
    const known = refusal({ kind: "?" } as unknown as Fault) as Error;
    expect([...known.message.matchAll(/"([a-z-]+)"/g)].map(([, kind]) => kind)).to.deep.equal(Object.keys(PLANS));
  });

  it("every script begins with the guard, and there are few", () => {
    for (const script of plain) {
      expect(script.startsWith(GUARD)).to.equal(true);
      expect(script).to.not.match(/\beval\b/);
    }
    // Five steps of each kind that does something; some share one script between two steps.
    expect(plain.size).to.be.within(2 * (KINDS.length - 1), 5 * KINDS.length);
  });

  it("all those arguments arrive in a real process as they are, and nothing is executed", async () => {
    expect(words.length).to.be.above(STRINGS.faults / 10);
    await expectArrival([...new Set(words)].filter(isPassable));
    await expectArrival([...plain]);
    expect(somethingWasExecuted()).to.equal(false);
  });
});
