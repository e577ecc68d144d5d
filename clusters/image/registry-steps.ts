import { REGISTRY_PACKAGES } from "./debian-packages.ts";
import { ECHO_IMAGE, FLANNEL_IMAGE } from "./images.ts";
import type { Step } from "./recipe.ts";
import { UPSTREAM } from "./versions.ts";

const node: Step = {
  name: "registry-node",
  what: "pull kind's node image and add the tools",
  expectedS: 90,
  needs: [],
  inputs: [
    "image/registry",
    "image/rootfs/kind/bin",
    "image/rootfs/usr/local/bin/kubeadm",
    "image/rootfs/etc/default",
    "image/rootfs/etc/faultline",
  ],
  settings: { base: UPSTREAM.node, plugin: UPSTREAM.flannelCni, packages: REGISTRY_PACKAGES },
  inDocker: true,
  commands: ({ tag, source }) => {
    const settings = {
      BASE: UPSTREAM.node,
      FLANNEL_CNI: UPSTREAM.flannelCni,
      PACKAGES: REGISTRY_PACKAGES.join(" "),
    };
    const buildArgs = Object.entries(settings).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const dockerfile = source("image/registry/Dockerfile");
    const argv = ["docker", "build", "--tag", `${tag}-base`, ...buildArgs, "--file", dockerfile, source("image")];
    return [{ argv }];
  },
};

const containers: Step = {
  name: "registry-containers",
  what: "pull flannel and build the echo server",
  expectedS: 40,
  needs: [],
  inputs: ["roles/echo"],
  settings: { flannel: UPSTREAM.flannel, golang: UPSTREAM.golang, names: [FLANNEL_IMAGE, ECHO_IMAGE] },
  inDocker: true,
  commands: ({ source }) => [
    { argv: ["docker", "pull", UPSTREAM.flannel] },
    { argv: ["docker", "tag", UPSTREAM.flannel, FLANNEL_IMAGE] },
    {
      argv: ["docker", "build", "--tag", ECHO_IMAGE, "--build-arg", `GOLANG=${UPSTREAM.golang}`, source("roles/echo")],
    },
  ],
};

const load: Step = {
  name: "registry-load",
  what: "load flannel and the echo server into the node image",
  expectedS: 20,
  needs: ["registry-node", "registry-containers"],
  inputs: ["image/scripts/node-image"],
  settings: null,
  inDocker: true,
  commands: ({ out, tag, source }) => [
    { argv: ["docker", "save", "--output", `${out}/images.tar`, FLANNEL_IMAGE, ECHO_IMAGE] },
    // kind's containerd unpacks them on a node: flannel's image has more than one layer.
    { argv: [source("image/scripts/node-image"), tag, `${tag}-base`, `${out}/images.tar`, "keep"] },
  ],
};

/** The build where a registry answers. It could not be run where this was written; the offline one is proven. */
export const REGISTRY_STEPS: readonly Step[] = [node, containers, load];
