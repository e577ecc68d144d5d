import { goStep } from "./go-build.ts";
import type { Step } from "./recipe.ts";

/** A Kubernetes release that node images are made of. */
export interface KubernetesRelease {
  readonly version: string;
  /** The folder of its go.mod, below clusters/. */
  readonly module: string;
  /** Seconds, with nothing cached on 2 cores. */
  readonly expectedS: number;
  /**
   * kind's image of this minor with its digest, from the release notes of kind v0.30.0. kind chooses the patch release.
   */
  readonly upstream: string;
}

/**
 * The newest patch of each minor published as Go modules; the first is the default. kubelet 1.35+ refuses cgroup v1.
 */
export const KUBERNETES: readonly KubernetesRelease[] = [
  {
    version: "1.34.4",
    module: "image/go/kubernetes-1.34",
    expectedS: 345,
    upstream: "kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a",
  },
  {
    version: "1.33.13",
    module: "image/go/kubernetes-1.33",
    expectedS: 345,
    upstream: "kindest/node:v1.33.4@sha256:25a6018e48dfcaee478f4a59af81157a437f15e6e140bf103f85a2e7cd0cbbf2",
  },
  // Of later patches of 1.32 and 1.31 the module proxy lacks staging modules.
  {
    version: "1.32.5",
    module: "image/go/kubernetes-1.32",
    expectedS: 345,
    upstream: "kindest/node:v1.32.8@sha256:abd489f042d2b644e2d033f5c2d900bc707798d075e8186cb65e3f1367a9d5a1",
  },
  {
    version: "1.31.4",
    module: "image/go/kubernetes-1.31",
    expectedS: 345,
    upstream: "kindest/node:v1.31.12@sha256:0f5cc49c5e73c0c2bb6e2df56e7df189240d83cf94edfa30946482eb08ec57d2",
  },
];

/** The release of a version or of a minor ("1.33"). */
export function kubernetesRelease(version: string): KubernetesRelease | undefined {
  const isMinor = /^\d+\.\d+$/.test(version);
  return KUBERNETES.find((one) => one.version === version || (isMinor && one.version.startsWith(`${version}.`)));
}

const COMPONENTS = ["apiserver", "controller-manager", "proxy", "scheduler"].map((name) => `kube-${name}`);
const PROGRAMS = [...COMPONENTS, "kubeadm", "kubectl", "kubelet"];
const componentBase = "k8s.io/component-base/version";

/** What its build is called among the steps. */
export function kubernetesStepName({ version }: KubernetesRelease): string {
  return `kubernetes-${version}`;
}

export function kubernetesStep(release: KubernetesRelease): Step {
  const { version, module, expectedS } = release;
  const [major, minor] = version.split(".");
  return goStep({
    name: kubernetesStepName(release),
    what: `build Kubernetes ${version}`,
    expectedS,
    module,
    packages: PROGRAMS.map((name) => `k8s.io/kubernetes/cmd/${name}`),
    // Without these the binaries call themselves v0.0.0, and kubeadm refuses its own kubelet.
    ldflags: [
      `-X ${componentBase}.gitVersion=v${version}`,
      `-X ${componentBase}.gitMajor=${major}`,
      `-X ${componentBase}.gitMinor=${minor}`,
    ],
  });
}

/** The programs that run in containers. */
export const KUBERNETES_COMPONENTS: readonly string[] = COMPONENTS;
