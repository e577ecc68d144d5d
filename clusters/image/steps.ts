import { DEBIAN_PACKAGES } from "./debian-packages.ts";
import { GO_STEPS } from "./go-builds.ts";
import { CONTAINER_IMAGES } from "./images.ts";
import type { Command, Step, StepPaths } from "./recipe.ts";
import { VERSIONS } from "./versions.ts";

const rootfs: Step = {
  name: "rootfs",
  what: `install Debian ${VERSIONS.debian} for the nodes`,
  expectedS: 80,
  needs: [],
  inputs: ["image/scripts/rootfs"],
  settings: { suite: VERSIONS.debian, packages: DEBIAN_PACKAGES },
  commands: ({ out, source, mirror }) => [
    {
      // A mount namespace of its own: what debootstrap mounts is gone with it, also when it is killed.
      argv: ["unshare", "--mount", "--propagation", "private", "--", source("image/scripts/rootfs")].concat(
        [`${out}/rootfs.tar`, VERSIONS.debian, mirror],
        DEBIAN_PACKAGES,
      ),
      env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    },
  ],
};

const tree: Step = {
  name: "tree",
  what: "put the node's file system together",
  expectedS: 6,
  needs: ["rootfs", "kubernetes", "flannel-cni"],
  inputs: ["image/scripts/assemble", "image/rootfs", "image/runtime"],
  settings: { version: VERSIONS.kubernetes },
  commands: ({ out, made, source }) => {
    const [rootfsTar, files, runtime] = [made("rootfs", "rootfs.tar"), source("image/rootfs"), source("image/runtime")];
    const binaries = ["kubelet", "kubeadm", "kubectl"].map((name) => made("kubernetes", name));
    const plugin = made("flannel-cni", "flannel");
    return [
      {
        argv: [source("image/scripts/assemble"), out, rootfsTar, files, runtime, VERSIONS.kubernetes, plugin].concat(
          binaries,
        ),
      },
    ];
  },
};

const GO_STEP_OF: Readonly<Record<string, string>> = { flanneld: "flannel" };

const containers: Step = {
  name: "containers",
  what: "make the container images",
  expectedS: 8,
  needs: ["tree", "kubernetes", "etcd", "coredns", "flannel", "pause", "echo"],
  inputs: ["image/scripts/container-image", "image/scripts/pack-images"],
  settings: { images: CONTAINER_IMAGES },
  commands: ({ out, made, source }) => [
    ...CONTAINER_IMAGES.map(({ name, binary, path, userland }): Command => {
      const step = GO_STEP_OF[binary] ?? (binary.startsWith("kube-") ? "kubernetes" : binary);
      const base = userland ? made("tree", "userland.tar") : "";
      const script = source("image/scripts/container-image");
      return { argv: [script, `${out}/archive`, name, base, path, made(step, binary), path] };
    }),
    { argv: [source("image/scripts/pack-images"), `${out}/archive`, `${out}/images.tar`] },
  ],
};

const node: Step = {
  name: "node",
  what: "make the node image and load the container images into it",
  expectedS: 20,
  needs: ["tree", "containers"],
  inputs: ["image/scripts/node-image"],
  settings: null,
  inDocker: true,
  commands: ({ made, source, tag }: StepPaths) => [
    {
      argv: [source("image/scripts/node-image"), tag, made("tree", "node.tar")].concat(
        made("containers", "images.tar"),
        "unpack",
      ),
    },
  ],
};

/** The offline build, each step after those it needs. The last one's key is the recipe's hash. */
export const OFFLINE_STEPS: readonly Step[] = [rootfs, ...GO_STEPS, tree, containers, node];
