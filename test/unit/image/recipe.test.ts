import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CONTAINER_IMAGES, ECHO_IMAGE, FLANNEL_IMAGE } from "../../../clusters/image/images.ts";
import { kubeadmPatches, kubeadmPatchObjects } from "../../../clusters/image/kubeadm.ts";
import { nodeImageTag, recipeKeys, stepKey, type Step } from "../../../clusters/image/recipe.ts";
import { REGISTRY_STEPS } from "../../../clusters/image/registry-steps.ts";
import { OFFLINE_STEPS } from "../../../clusters/image/steps.ts";
import { VERSIONS } from "../../../clusters/image/versions.ts";

const CLUSTERS = join(import.meta.dirname, "../../../clusters");
const read = (path: string) => readFile(join(CLUSTERS, path), "utf8");

const step = (over: Partial<Step> = {}): Step => ({
  ...{ name: "a", what: "", expectedS: 1, needs: [], inputs: [], settings: { flag: 1 }, commands: () => [] },
  ...over,
});

describe("node image recipe", () => {
  it("names the image after the Kubernetes version and the first 12 digits of the hash", () => {
    expect(nodeImageTag("1.34.4", "0123456789abcdef")).to.equal("faultline/node:1.34.4-0123456789ab");
  });

  it("changes a key with a setting, a file's content or mode, a needed key; not with words or times", () => {
    const file = { path: "f", executable: false, sha256: "00" };
    const key = stepKey(step(), [file], ["k"]);
    expect(stepKey(step({ what: "other", expectedS: 9 }), [file], ["k"])).to.equal(key);
    const others = [
      stepKey(step({ settings: { flag: 2 } }), [file], ["k"]),
      stepKey(step(), [{ ...file, sha256: "01" }], ["k"]),
      stepKey(step(), [{ ...file, executable: true }], ["k"]),
      stepKey(step(), [file], ["l"]),
    ];
    expect(new Set([key, ...others])).to.have.lengthOf(5);
  });

  it("refuses a step before one it needs", async () => {
    const error = await recipeKeys([step({ needs: ["b"] })], CLUSTERS).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property("message").that.includes("step a needs b");
  });

  for (const [origin, steps] of Object.entries({ offline: OFFLINE_STEPS, registry: REGISTRY_STEPS })) {
    it(`${origin}: every step has a key, the same each time, and its inputs exist`, async () => {
      const keys = await recipeKeys(steps, CLUSTERS);
      expect([...keys.keys()]).to.deep.equal(steps.map(({ name }) => name));
      expect(await recipeKeys(steps, CLUSTERS)).to.deep.equal(keys);
    });

    it(`${origin}: no command reads what its step does not need`, () => {
      for (const { needs, commands } of steps) {
        const made = (from: string) => {
          expect(needs).to.include(from);
          return `/cache/${from}`;
        };
        const argvs = commands({ out: "/out", tag: "t", mirror: "m", source: (path) => path, made });
        for (const { argv } of argvs) for (const word of argv) expect(word).to.be.a("string");
      }
    });
  }

  it("builds all Go code read-only, so that go.sum pins everything", () => {
    const argvs = OFFLINE_STEPS.flatMap(({ commands }) =>
      commands({ out: "/out", tag: "t", mirror: "m", source: (path) => path, made: () => "" }),
    ).map(({ argv }) => argv);
    const builds = argvs.filter(([program]) => program === "go");
    expect(builds).to.have.lengthOf(7);
    for (const argv of builds) expect(argv).to.include.members(["-mod=readonly", "-trimpath"]);
  });
});

describe("node image versions", () => {
  const pins: readonly (readonly [string, string])[] = [
    ["kubernetes", `k8s.io/kubernetes v${VERSIONS.kubernetes}`],
    ["kubernetes", `k8s.io/client-go v0${VERSIONS.kubernetes.slice(1)}`],
    ["etcd", `go.etcd.io/etcd/server/v3 v${VERSIONS.etcd}`],
    ["coredns", `github.com/coredns/coredns v${VERSIONS.coredns}`],
    ["flannel", `github.com/flannel-io/flannel v${VERSIONS.flannel}`],
    ["flannel-cni", `github.com/containernetworking/plugins v${VERSIONS.flannelCni}`],
  ];
  for (const [module, pin] of pins) {
    it(`go/${module} pins ${pin}`, async () => {
      expect(await read(`image/go/${module}/go.mod`)).to.include(pin);
    });
  }

  it("flannel's manifest uses the image that is in the node, and never pulls", async () => {
    const manifest = await read("cni/flannel/manifest.yaml");
    const images = [...manifest.matchAll(/image: (\S+)/g)].map(([, image]) => image);
    expect(new Set(images)).to.deep.equal(new Set([FLANNEL_IMAGE]));
    expect(manifest.match(/imagePullPolicy: Never/g)).to.have.lengthOf(images.length);
    expect(CONTAINER_IMAGES.map(({ name }) => name)).to.include.members([FLANNEL_IMAGE, ECHO_IMAGE]);
  });

  it("gives the control plane users of its own where kubeadm is known to be able to", () => {
    for (const origin of ["offline", "registry"] as const) {
      for (const version of ["1.31.14", "1.34.4"]) {
        const [cluster] = kubeadmPatchObjects(origin, version);
        expect(cluster).to.deep.include({ kind: "ClusterConfiguration", featureGates: { RootlessControlPlane: true } });
      }
      for (const version of ["1.21.9", "1.35.0", "2.31.0"]) {
        expect(kubeadmPatches(origin, version).join("")).not.to.contain("featureGates");
      }
    }
  });

  it("patches kubeadm with names of our own offline only", () => {
    expect(kubeadmPatches("registry", "1.35.0")).to.deep.equal([]);
    expect(kubeadmPatches("registry", "1.34.4").join("")).not.to.contain("imageRepository");
    const [cluster, kubelet] = kubeadmPatchObjects("offline", "1.34.4");
    expect(cluster).to.deep.include({ imageRepository: "faultline.local", dns: { imageTag: VERSIONS.coredns } });
    expect(kubelet).to.deep.equal({ kind: "KubeletConfiguration", cgroupDriver: "cgroupfs" });
  });
});
