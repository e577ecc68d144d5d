import type { CniVersion } from "./cni-version.ts";
import { REGISTRY_PACKAGES } from "./debian-packages.ts";
import { ECHO_IMAGE } from "./images.ts";
import type { KubernetesRelease } from "./kubernetes.ts";
import type { Command, Step } from "./recipe.ts";
import { GOLANG_IMAGE } from "../versions/versions.ts";

/** kind's own image of this minor with the tools. Its patch release is kind's. */
function nodeStep({ version, upstream }: KubernetesRelease): Step {
  const step: Step = {
    name: `registry-node-${version}`,
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
    settings: { base: upstream, packages: REGISTRY_PACKAGES },
    image: `faultline/node:${version}-registry`,
    commands: ({ tagOf, source }) => {
      const settings = { BASE: upstream, PACKAGES: REGISTRY_PACKAGES.join(" ") };
      const buildArgs = Object.entries(settings).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
      const dockerfile = source("image/registry/Dockerfile");
      const argv = ["docker", "build", "--tag", tagOf(step.name), ...buildArgs, "--file", dockerfile, source("image")];
      return [{ argv }];
    },
  };
  return step;
}

/** Upstream's images under the names that our manifests have, the plugins out of them, and the echo server. */
function containersStep(name: string, { version, upstream = [], upstreamPlugins = [] }: CniVersion): Step {
  const images = [...upstream.map((one) => one.name), ECHO_IMAGE];
  return {
    name: `registry-containers-${name}-${version}`,
    what: `pull ${name} and build the echo server`,
    expectedS: 40,
    needs: [],
    inputs: ["roles/echo", "image/scripts/extract"],
    settings: { upstream, upstreamPlugins, golang: GOLANG_IMAGE, echo: ECHO_IMAGE },
    commands: ({ out, source }) => [
      ...upstream.flatMap((one): readonly Command[] => [
        { argv: ["docker", "pull", one.from] },
        { argv: ["docker", "tag", one.from, one.name] },
      ]),
      ...upstreamPlugins.map(({ from, path, file }) => ({
        argv: [source("image/scripts/extract"), from, path, `${out}/${file}`],
      })),
      {
        argv: ["docker", "build", "--tag", ECHO_IMAGE].concat(
          ["--build-arg", `GOLANG=${GOLANG_IMAGE}`],
          source("roles/echo"),
        ),
      },
      { argv: ["docker", "save", "--output", `${out}/images.tar`, ...images] },
    ],
  };
}

/** The build where a registry answers. It could not be run where this was written; the offline one is proven. */
export function registrySteps(release: KubernetesRelease, name: string, version: CniVersion): readonly Step[] {
  const node = nodeStep(release);
  const containers = containersStep(name, version);
  const load: Step = {
    name: `${node.name}-${name}-${version.version}`,
    what: `load ${name} and the echo server into the node image`,
    expectedS: 20,
    needs: [node.name, containers.name],
    inputs: ["image/scripts/node-image"],
    settings: null,
    image: `${node.image}-${name}-${version.version}`,
    commands: ({ made, tagOf, source }) => [
      // kind's containerd unpacks them on a node: upstream's images have more than one layer.
      {
        argv: [source("image/scripts/node-image"), tagOf(load.name), tagOf(node.name)].concat(
          [made(containers.name, "images.tar"), "keep", ""],
          (version.upstreamPlugins ?? []).map(({ file }) => `${made(containers.name, file)}=/opt/cni/bin/`),
        ),
      },
    ],
  };
  return [node, containers, load];
}
