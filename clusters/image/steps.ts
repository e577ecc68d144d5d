import type { CniVersion } from "./cni-version.ts";
import { packImages, sourcesOfImages, stepsOfImages } from "./container-image.ts";
import { DEBIAN_PACKAGES } from "./debian-packages.ts";
import { goStep } from "./go-build.ts";
import { baseImages } from "./images.ts";
import { kubernetesStep, type KubernetesRelease } from "./kubernetes.ts";
import type { Step } from "./recipe.ts";
import { VERSIONS } from "../versions/versions.ts";

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

const NODE_ENV = "container=docker PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const tree: Step = {
  name: "tree",
  what: "put the node's file system together",
  expectedS: 6,
  needs: ["rootfs"],
  inputs: ["image/scripts/assemble", "image/rootfs", "image/runtime"],
  settings: null,
  commands: ({ out, made, source }) => [
    {
      argv: [source("image/scripts/assemble"), out, made("rootfs", "rootfs.tar")].concat(
        source("image/rootfs"),
        source("image/runtime"),
      ),
    },
  ],
};

/** One image below those of all Kubernetes versions, so that they share its layer. */
const base: Step = {
  name: "node-base",
  what: "make the layer that all node images share",
  expectedS: 8,
  needs: ["tree"],
  inputs: [],
  settings: null,
  image: "faultline/node:base",
  commands: ({ made, tagOf }) => [
    { argv: ["docker", "import", "--change", `ENV ${NODE_ENV}`, made("tree", "node.tar"), tagOf(base.name)] },
  ],
};

/** Of every node, whatever its Kubernetes and its CNI. */
const COMMON_STEPS: readonly Step[] = [
  rootfs,
  tree,
  base,
  goStep({
    name: "etcd",
    what: `build etcd ${VERSIONS.etcd}`,
    expectedS: 25,
    module: "image/go/etcd",
    packages: ["go.etcd.io/etcd/server/v3"],
    binary: "etcd",
  }),
  goStep({
    name: "coredns",
    what: `build CoreDNS ${VERSIONS.coredns}`,
    expectedS: 92,
    module: "image/go/coredns",
    packages: ["."],
    binary: "coredns",
  }),
  goStep({
    name: "pause",
    what: "build pause",
    expectedS: 1,
    module: "image/go/pause",
    packages: ["."],
    binary: "pause",
  }),
  goStep({
    name: "echo",
    what: "build the echo server",
    expectedS: 4,
    module: "roles/echo",
    packages: ["."],
    binary: "echo",
  }),
];

/** A node with this Kubernetes and the reference CNI plugins. */
function kubernetesSteps(release: KubernetesRelease): readonly Step[] {
  const { version } = release;
  const images = baseImages(release);
  const kubernetes = kubernetesStep(release);
  const containers: Step = {
    name: `containers-${version}`,
    what: "make the container images",
    expectedS: 8,
    needs: stepsOfImages(images),
    inputs: ["image/scripts/container-image", "image/scripts/pack-images"],
    settings: { images },
    commands: (paths) => packImages(images, paths),
  };
  const node: Step = {
    name: `node-${version}`,
    what: "make the node image and load the container images into it",
    expectedS: 20,
    needs: [base.name, kubernetes.name, containers.name],
    inputs: ["image/scripts/node-image"],
    settings: { version },
    image: `faultline/node:${version}`,
    commands: ({ made, source, tagOf }) => [
      {
        argv: [source("image/scripts/node-image"), tagOf(node.name), tagOf(base.name)].concat(
          [made(containers.name, "images.tar"), "unpack", version],
          ["kubelet", "kubeadm", "kubectl"].map((name) => `${made(kubernetes.name, name)}=/usr/bin/`),
        ),
      },
    ],
  };
  return [kubernetes, containers, node];
}

/** A CNI's own layer: its images in the node's containerd, its plugins in /opt/cni/bin. */
function cniSteps(name: string, { version, offline }: CniVersion, node: Step): readonly Step[] {
  if (!offline || (offline.images.length === 0 && offline.plugins.length === 0)) return [];
  const { steps, images, plugins } = offline;
  const containers: Step = {
    name: `containers-${name}-${version}`,
    what: `make ${name}'s container images`,
    expectedS: 5,
    needs: stepsOfImages(images),
    inputs: ["image/scripts/container-image", "image/scripts/pack-images", ...sourcesOfImages(images)],
    settings: { images },
    commands: (paths) => packImages(images, paths),
  };
  const layer: Step = {
    name: `${node.name}-${name}-${version}`,
    what: `add ${name} ${version} to the node image`,
    expectedS: 8,
    needs: [node.name, containers.name, ...new Set(plugins.map(({ step }) => step))],
    inputs: ["image/scripts/node-image"],
    settings: { plugins },
    image: `${node.image}-${name}-${version}`,
    commands: ({ made, source, tagOf }) => [
      {
        argv: [source("image/scripts/node-image"), tagOf(layer.name), tagOf(node.name)].concat(
          [made(containers.name, "images.tar"), "unpack", ""],
          plugins.map(({ step, file, as = "" }) => `${made(step, file)}=/opt/cni/bin/${as}`),
        ),
      },
    ],
  };
  return [...steps, containers, layer];
}

/**
 * The offline build: each step after its inputs; the last one makes the image. `cni` is the folder name of its images.
 */
export function offlineSteps(release: KubernetesRelease, cni: string, version: CniVersion): readonly Step[] {
  const kubernetes = kubernetesSteps(release);
  const node = kubernetes.at(-1);
  return [...COMMON_STEPS, ...kubernetes, ...(node ? cniSteps(cni, version, node) : [])];
}
