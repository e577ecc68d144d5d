import { expect } from "chai";
import fc from "fast-check";
import { startCapture, CAPTURE } from "../../../../lib/evidence/capture.ts";
import { captureFilter, conntrackWords, flowsOf, podWords, type Flows } from "../../../../lib/evidence/flows.ts";
import { stateArguments } from "../../../../lib/evidence/state.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { rejection } from "../../../fixtures/faults/rejection.ts";
import { hostile, PAYLOADS, SEED } from "../../fuzz/hostile.ts";
import { WHERE } from "../../sample-cluster.ts";

const FLOWS: Flows = { addresses: ["10.244.1.3", "fd00::1"], ports: [8080, 53], overlayPort: 8472 };
/** Every word that is no address and no number. */
const VOCABULARY = /^(\(|\)|and|or|not|arp|icmp6?|host|port|udp|tcp|=|udp\[\d+:[12]\]|ip6\[\d+:[12]\])$/;

describe("the flows that are evidence", () => {
  it("are those of the cluster's roles", () => {
    const { addresses, ports, overlayPort } = flowsOf(WHERE);
    expect(addresses).to.have.members([
      ...["10.244.1.3", "10.244.1.2", "10.244.0.2", "10.244.1.4", "10.244.0.4"],
      ...["10.96.0.7", "10.96.0.10", "172.18.0.3", "172.18.0.2"],
    ]);
    expect(ports).to.have.members([8080, 8081, 53, 80, 31_234]);
    expect(overlayPort).to.equal(8472);
  });

  it("never are what the API server, etcd or the kubelet say", () => {
    const filter = captureFilter(FLOWS).join(" ");
    expect(filter).to.match(/ and not \( tcp port 6443 or tcp port 2379 or tcp port 2380 or tcp port 10250 \)$/);
  });

  it("are filtered in a closed vocabulary, whatever the addresses and ports", () => {
    const addresses = fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 20 });
    const ports = fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 16 });
    const flows = fc.record({ addresses, ports, overlayPort: fc.constantFrom(null, 8472) });
    fc.assert(
      fc.property(flows, (some) => {
        const strange = captureFilter(some).filter((word) => !VOCABULARY.test(word) && !/^\d+$/.test(word));
        expect(some.addresses).to.include.members(strange);
      }),
    );
  });

  it(`are refused where an address is none (seed ${SEED})`, () => {
    const strange = hostile().filter((text) => !/^[\da-fA-F:.]+$/.test(text));
    fc.assert(
      fc.property(strange, (text) => {
        expect(() => captureFilter({ ...FLOWS, addresses: ["10.0.0.1", text] })).to.throw(/address/);
        expect(() => conntrackWords({ ...FLOWS, addresses: [text] })).to.throw(/address/);
      }),
      { seed: SEED, numRuns: 300 },
    );
    for (const text of [...PAYLOADS, "10.0.0.1 or host 10.0.0.2", "10.0.0.0/8", "0x7f.1", "-w/x", "", "fe80::1%eth0"]) {
      expect(() => captureFilter({ ...FLOWS, addresses: [text] }), text).to.throw(/address/);
    }
  });

  it("are refused where a port, a role, a process or the CNI's name is none", () => {
    for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
      expect(() => captureFilter({ ...FLOWS, ports: [port] })).to.throw();
      expect(() => captureFilter({ ...FLOWS, overlayPort: port })).to.throw();
    }
    for (const pods of [{ "a b": 3 }, { "a/b": 3 }, { same: 0 }, { same: 1.5 }])
      expect(() => podWords(pods)).to.throw();
    const order = { mark: "m", since: { time: "", uptimeS: "0" }, flows: FLOWS, pods: {} };
    for (const cni of ["*", "../x", "", "a b", "-x"]) expect(() => stateArguments({ ...order, cni })).to.throw(/CNI/);
  });

  it("reach tcpdump a word each, and the script stays as it is", async () => {
    const seen: (readonly string[])[] = [];
    const exec: Exec = (argv) => {
      seen.push(argv);
      return Promise.resolve({ argv, exitCode: 1, timedOut: false, stdout: "", stderr: "", durationMs: 1 });
    };
    const filter = captureFilter(FLOWS);
    await rejection(startCapture(exec, { id: "0123456789ab", filter, pods: { same: 7, server: 8 } }));
    const [start, stop] = seen;
    expect(start?.slice(0, 3)).to.deep.equal(["sh", "-c", CAPTURE]);
    expect(start?.slice(4)).to.deep.equal([
      ...["start", "0123456789ab", "600", "15000", "256", "4194304", "same 7\nserver 8"],
      ...filter,
    ]);
    // What may still be on its way there is ended.
    expect(stop?.slice(4)).to.deep.equal(["stop", "0123456789ab", "0"]);
  });
});
