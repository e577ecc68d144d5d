import { expect } from "chai";
import { parse } from "yaml";
import { DEFAULT_CELL, knownCells } from "../../../../clusters/cells/cells.ts";
import { emulatedPatches } from "../../../../clusters/create/emulated.ts";
import { kindConfig } from "../../../../clusters/create/kind-config.ts";
import {
  POD_SUBNET,
  POD_SUBNET_6,
  SERVICE_SUBNET,
  SERVICE_SUBNET_6,
  UNUSED_SERVICE_IPS,
} from "../../../../clusters/addressing/subnets.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

interface Config {
  readonly networking: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly role: string; readonly extraMounts?: readonly object[] }[];
  readonly kubeadmConfigPatches: readonly string[];
}

function config(cell = DEFAULT_CELL, origin: "offline" | "registry" = "offline"): Config {
  return parse(kindConfig(cell, { origin, kubernetesVersion: "1.34.4" }, USUAL_SPEED)) as Config;
}

describe("kindConfig", () => {
  it("has one control plane and one worker, no CNI of kind's, and the API on loopback only", () => {
    const { nodes, networking } = config();
    expect(nodes.map(({ role }) => role)).to.deep.equal(["control-plane", "worker"]);
    expect(networking).to.include({ disableDefaultCNI: true, apiServerAddress: "127.0.0.1", ipFamily: "ipv4" });
    expect(networking).to.include({ podSubnet: POD_SUBNET, serviceSubnet: SERVICE_SUBNET });
  });

  it("takes the proxy mode from the cell", () => {
    for (const cell of knownCells())
      expect(config(cell).networking["kubeProxyMode"]).to.equal(cell.proxyMode.replace(/-sh$/, ""));
  });

  it("patches kubeadm with documents that name their kind, and kubelet for our own image only", () => {
    expect(config(DEFAULT_CELL, "registry").kubeadmConfigPatches.join()).not.to.contain("KubeletConfiguration");
    const kinds = config().kubeadmConfigPatches.map((patch) => (parse(patch) as { kind: string }).kind);
    expect(kinds).to.include.members(["ClusterConfiguration", "KubeletConfiguration"]);
  });

  it("sets kube-proxy's ipvs scheduler where it is not the default", () => {
    const patches = (proxyMode: "ipvs" | "ipvs-sh") => config({ ...DEFAULT_CELL, proxyMode }).kubeadmConfigPatches;
    const proxy = patches("ipvs-sh").map((patch) => parse(patch) as { kind: string; ipvs?: object });
    expect(proxy).to.deep.include({ kind: "KubeProxyConfiguration", ipvs: { scheduler: "sh" } });
    expect(patches("ipvs").join()).not.to.contain("KubeProxyConfiguration");
  });

  it("gives the lane's control plane kube-proxy's weight, patient probes, and leases that outlast a suspension", () => {
    expect(emulatedPatches(USUAL_SPEED)).to.deep.equal({ kubeadm: [], staticPods: {} });
    const { kubeadm, staticPods } = emulatedPatches({ factor: 6 });
    expect(kubeadm).to.have.length(1);
    expect(kubeadm[0]).to.deep.include({ scheduler: { extraArgs: { "leader-elect": "false" } } });
    const components = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"];
    expect(Object.keys(staticPods)).to.deep.equal(components.map((name) => `${name}+strategic.json`));
    for (const [index, patch] of Object.values(staticPods).entries()) {
      const livenessProbe = { failureThreshold: 48 };
      expect(patch).to.deep.equal({
        spec: { containers: [{ name: components[index], resources: { requests: null }, livenessProbe }] },
      });
    }
  });

  it("mounts kubeadm's patches of static pods if there are any, and names their folder", () => {
    const image = { origin: "offline", kubernetesVersion: "1.34.4" } as const;
    const text = kindConfig(DEFAULT_CELL, image, USUAL_SPEED, undefined, 1, { staticPods: "/run-dir/static-pods" });
    const { nodes, kubeadmConfigPatches } = parse(text) as Config;
    const mount = { hostPath: "/run-dir/static-pods", containerPath: "/etc/faultline/static-pods", readOnly: true };
    expect(nodes.map(({ extraMounts }) => extraMounts)).to.deep.equal([[mount], undefined]);
    expect(kubeadmConfigPatches.join()).to.contain(`"directory":"${mount.containerPath}"`);
    expect(kindConfig(DEFAULT_CELL, image, USUAL_SPEED)).to.not.contain("static-pods");
  });

  it("is the same text for the same cell", () => {
    const image = { origin: "offline", kubernetesVersion: "1.34.4" } as const;
    expect(kindConfig(DEFAULT_CELL, image, USUAL_SPEED)).to.equal(kindConfig(DEFAULT_CELL, image, USUAL_SPEED));
  });

  it("has a subnet for each family of the cell, the first family first", () => {
    const networking = (ipFamily: "ipv6" | "dual") => config({ ...DEFAULT_CELL, ipFamily }).networking;
    expect(networking("ipv6")).to.include({ podSubnet: POD_SUBNET_6, serviceSubnet: SERVICE_SUBNET_6 });
    expect(networking("dual")).to.include({
      ipFamily: "dual",
      podSubnet: `${POD_SUBNET},${POD_SUBNET_6}`,
      serviceSubnet: `${SERVICE_SUBNET},${SERVICE_SUBNET_6}`,
      apiServerAddress: "127.0.0.1",
    });
  });

  it("has an unused address in the Service subnet, far from those that are assigned first", () => {
    expect(SERVICE_SUBNET).to.equal("10.96.0.0/16");
    expect(UNUSED_SERVICE_IPS.IPv4).to.match(/^10\.96\.255\.25\d$/);
  });
});
