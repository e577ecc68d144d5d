import { IMAGE_PREFIX, type ContainerImage } from "./container-image.ts";
import { KUBERNETES_COMPONENTS, kubernetesStepName, type KubernetesRelease } from "./kubernetes.ts";
import { VERSIONS } from "../versions/versions.ts";

/** The echo server's image in every node, whatever the node image's origin. */
export const ECHO_IMAGE = `${IMAGE_PREFIX}/echo:${VERSIONS.echo}`;

/** One binary, alone or over the network userland. */
function oneBinary(name: string, step: string, file: string, path: string, base: ContainerImage["base"]) {
  return { name: `${IMAGE_PREFIX}/${name}`, base, files: [{ step, file, path }], entrypoint: path };
}

/** The container images of every node with this Kubernetes, whatever its CNI. */
export function baseImages(release: KubernetesRelease): readonly ContainerImage[] {
  const step = kubernetesStepName(release);
  const components = KUBERNETES_COMPONENTS.map((file) => {
    const base = file === "kube-proxy" ? "userland" : "nothing";
    return oneBinary(`${file}:v${release.version}`, step, file, `/usr/local/bin/${file}`, base);
  });
  return [
    ...components,
    oneBinary(`etcd:${VERSIONS.etcd}`, "etcd", "etcd", "/usr/local/bin/etcd", "nothing"),
    oneBinary(`coredns:${VERSIONS.coredns}`, "coredns", "coredns", "/coredns", "nothing"),
    // containerd's config.toml names this one.
    oneBinary("pause:local", "pause", "pause", "/pause", "nothing"),
    oneBinary(`echo:${VERSIONS.echo}`, "echo", "echo", "/echo", "nothing"),
  ];
}
