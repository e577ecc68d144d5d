import { expect } from "chai";
import { NAMESPACE, roleObjects } from "../../../../clusters/roles/objects.ts";
import { ROLE_PORTS, SERVER_NAME } from "../../../../lib/model/address.ts";
import { selectNobody } from "../../../../lib/scenario/spec.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

interface Loose {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly spec?: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly automountServiceAccountToken?: boolean;
    readonly selector?: Record<string, string>;
    readonly ports?: readonly { readonly port: number; readonly targetPort: number }[];
    readonly containers?: readonly {
      readonly name: string;
      readonly image: string;
      readonly args: readonly string[];
      readonly securityContext: Record<string, unknown>;
    }[];
  };
}

const objects = roleObjects({ A: "node-a", B: "node-b" }, "echo:1", "ipv4", USUAL_SPEED) as readonly Loose[];
const pods = objects.filter(({ kind }) => kind === "Pod");
const service = objects.find(({ kind }) => kind === "Service");

describe("roleObjects", () => {
  it("starts with the namespace, which holds all other objects", () => {
    expect(objects[0]).to.deep.include({ kind: "Namespace", metadata: { name: NAMESPACE } });
    for (const { metadata } of objects.slice(1)) expect(metadata.namespace).to.equal(NAMESPACE);
  });

  it("binds server and same to A, other to B", () => {
    expect(pods.map(({ metadata, spec }) => [metadata.name, spec?.nodeName])).to.deep.equal([
      ["server", "node-a"],
      ["same", "node-a"],
      ["other", "node-b"],
    ]);
  });

  it("binds third to C in a cluster of three nodes", () => {
    const three = roleObjects(
      { A: "node-a", B: "node-b", C: "node-c" },
      "echo:1",
      "ipv4",
      USUAL_SPEED,
    ) as readonly Loose[];
    const added = three.filter(({ metadata }) => !objects.some((one) => one.metadata.name === metadata.name));
    expect(added.map(({ metadata, spec }) => [metadata.name, spec?.nodeName])).to.deep.equal([["third", "node-c"]]);
  });

  it("puts the sidecar in the server's pod, on a port of its own", () => {
    const containers = pods[0]?.spec?.containers ?? [];
    expect(containers.map(({ name, args }) => [name, ...args])).to.deep.equal([
      ["server", String(ROLE_PORTS.server)],
      ["sidecar", String(ROLE_PORTS.sidecar)],
    ]);
  });

  it("selects the server's pod only", () => {
    const { selector = {}, ports = [] } = service?.spec ?? {};
    const selected = pods.filter(({ metadata }) =>
      Object.entries(selector).every(([key, is]) => metadata.labels?.[key] === is),
    );
    expect(selected.map(({ metadata }) => metadata.name)).to.deep.equal(["server"]);
    expect(ports).to.deep.equal([{ port: ROLE_PORTS.servicePort, targetPort: ROLE_PORTS.server }]);
    expect(SERVER_NAME).to.equal(`${service?.metadata.name}.${NAMESPACE}.svc.cluster.local`);
  });

  it("has no pod with the labels of selectNobody", () => {
    const { selector } = selectNobody("server").fault;
    expect(Object.keys(selector)).to.not.be.empty;
    for (const { metadata } of pods) expect(metadata.labels).to.not.include(selector);
  });

  it("gives no pod an unneeded privilege", () => {
    for (const { spec } of pods) {
      expect(spec).to.include({ automountServiceAccountToken: false }).and.not.have.property("hostNetwork");
      for (const { securityContext, image } of spec?.containers ?? []) {
        expect(image).to.equal("echo:1");
        expect(securityContext).to.deep.include({ runAsNonRoot: true, capabilities: { drop: ["ALL"] } });
        expect(securityContext).to.include({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
      }
    }
  });
});
