import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { knownCells, nodePartsOf } from "../../../../clusters/cells/cells.ts";
import { baseImages, ECHO_IMAGE } from "../../../../clusters/image/images.ts";
import { kubeadmPatches, kubeadmPatchObjects } from "../../../../clusters/image/kubeadm.ts";
import { KUBERNETES, kubernetesRelease, type KubernetesRelease } from "../../../../clusters/image/kubernetes.ts";
import { imageTag, recipeKeys, stepKey, type Step } from "../../../../clusters/image/recipe.ts";
import { registrySteps } from "../../../../clusters/image/registry-steps.ts";
import { offlineSteps } from "../../../../clusters/image/steps.ts";
import { VERSIONS } from "../../../../clusters/versions/versions.ts";

const CLUSTERS = join(import.meta.dirname, "../../../../clusters");
const read = (path: string) => readFile(join(CLUSTERS, path), "utf8");

const step = (over: Partial<Step> = {}): Step => ({
  name: "a",
  what: "",
  expectedS: 1,
  needs: [],
  inputs: [],
  settings: { flag: 1 },
  commands: () => [],
  ...over,
});

/** The recipe of each image that differs, by what it is of. */
const recipes = new Map(
  knownCells().flatMap((cell) => {
    const { cni, cniVersion, kubernetesVersion } = nodePartsOf(cell);
    const release = kubernetesRelease(kubernetesVersion) as KubernetesRelease;
    const name = cni.imageName ?? cni.name;
    const what = `${name} ${cniVersion.version} on ${kubernetesVersion}`;
    return [
      [`offline: ${what}`, offlineSteps(release, name, cniVersion)],
      [`registry: ${what}`, registrySteps(release, name, cniVersion)],
    ] as const;
  }),
);

describe("node image recipe", () => {
  it("names an image after what it is of and the first 12 digits of its key", () => {
    const keys = new Map([["a", "0123456789abcdef"]]);
    expect(imageTag(step({ image: "faultline/node:1.34.4" }), keys)).to.equal("faultline/node:1.34.4-0123456789ab");
    expect(() => imageTag(step(), keys)).to.throw("step a makes no image");
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

  for (const [what, steps] of recipes) {
    it(`${what}: every step has a key, the same each time, its inputs exist, and the last makes the image`, async () => {
      const keys = await recipeKeys(steps, CLUSTERS);
      expect([...keys.keys()]).to.deep.equal(steps.map(({ name }) => name));
      expect(await recipeKeys(steps, CLUSTERS)).to.deep.equal(keys);
      expect(imageTag(steps.at(-1) as Step, keys)).to.match(/^faultline\/node:[a-z0-9.-]+-[0-9a-f]{12}$/);
    });

    it(`${what}: no command reads what its step does not need`, () => {
      for (const { name, needs, commands } of steps) {
        const made = (from: string) => {
          expect(needs).to.include(from);
          return `/cache/${from}`;
        };
        const tagOf = (from: string) => {
          if (from !== name) expect(needs).to.include(from);
          return from;
        };
        const argvs = commands({ out: "/out", tagOf, mirror: "m", source: (path) => path, made });
        for (const { argv } of argvs) for (const word of argv) expect(word).to.be.a("string");
      }
    });
  }

  it("builds all Go code read-only, so that go.sum pins everything", () => {
    const paths = { out: "/out", tagOf: () => "t", mirror: "m", source: (path: string) => path, made: () => "" };
    const steps = [...recipes.values()].flat();
    const builds = steps.flatMap(({ commands }) => commands(paths)).filter(({ argv }) => argv[0] === "go");
    expect(builds.length).to.be.above(7);
    for (const { argv } of builds) expect(argv).to.include.members(["-mod=readonly", "-trimpath"]);
  });

  it("shares every step below Kubernetes and the CNI, and the image layer they make", async () => {
    const offline = [...recipes].filter(([what]) => what.startsWith("offline")).map(([, steps]) => steps);
    const keys = await Promise.all(offline.map((steps) => recipeKeys(steps, CLUSTERS)));
    for (const shared of ["rootfs", "tree", "node-base", "etcd", "coredns"]) {
      expect(new Set(keys.map((one) => one.get(shared))), shared).to.have.lengthOf(1);
    }
  });
});

describe("node image versions", () => {
  const pins: readonly (readonly [string, string])[] = [
    ...KUBERNETES.flatMap(({ version, module }) => [
      [module, `k8s.io/kubernetes v${version}`] as const,
      [module, `k8s.io/client-go v0${version.slice(1)}`] as const,
    ]),
    ["image/go/etcd", `go.etcd.io/etcd/server/v3 v${VERSIONS.etcd}`],
    ["image/go/coredns", `github.com/coredns/coredns v${VERSIONS.coredns}`],
    ["cni/flannel/go/0.28.4", "github.com/flannel-io/flannel v0.28.4"],
    ["cni/flannel/go/0.28.10", "github.com/flannel-io/flannel v0.28.10"],
    ["cni/flannel/go/0.26.7", "github.com/flannel-io/flannel v0.26.7"],
    ["cni/cilium/go", "github.com/cilium/cilium v1.15.19"],
    ["cni/flannel/go/plugin", "github.com/containernetworking/plugins v0.9.1"],
  ];
  for (const [module, pin] of pins) {
    it(`${module} pins ${pin}`, async () => {
      expect(await read(`${module}/go.mod`)).to.include(pin);
    });
  }

  it("builds CoreDNS with each plugin of kubeadm's Corefile, and names none that it does not import", async () => {
    const main = await read("image/go/coredns/main.go");
    const imported = [...main.matchAll(/coredns\/plugin\/(\w+)"/g)].map(([, name = ""]) =>
      name === "metrics" ? "prometheus" : name,
    );
    const named = [...main.matchAll(/^\t\t"(\w+)",$/gm)].map(([, name = ""]) => name);
    expect(named.filter((name) => name !== "on").sort()).to.deep.equal(imported.sort());
    // kubernetes/cmd/kubeadm/app/phases/addons/dns/manifests.go
    const ofKubeadm = ["errors", "health", "ready", "kubernetes", "prometheus", "forward", "cache", "loop", "reload"];
    expect(named).to.include.members([...ofKubeadm, "loadbalance"]);
  });

  it("has the echo server in every node", () => {
    for (const release of KUBERNETES) expect(baseImages(release).map(({ name }) => name)).to.include(ECHO_IMAGE);
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
