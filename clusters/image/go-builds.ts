import type { Command, Step, StepPaths } from "./recipe.ts";
import { VERSIONS } from "./versions.ts";

interface GoBuild {
  readonly name: string;
  readonly what: string;
  readonly expectedS: number;
  /** The folder of go.mod and go.sum, below clusters/. */
  readonly module: string;
  readonly packages: readonly string[];
  /** File name of the result; without it `go build` names each after its package. */
  readonly binary?: string;
  readonly ldflags?: readonly string[];
  /** Links C code, statically. */
  readonly cgo?: boolean;
}

const componentBase = "k8s.io/component-base/version";
const [major, minor] = VERSIONS.kubernetes.split(".");

const GO_BUILDS: readonly GoBuild[] = [
  {
    name: "kubernetes",
    what: `build Kubernetes ${VERSIONS.kubernetes}`,
    expectedS: 345,
    module: "image/go/kubernetes",
    packages: ["apiserver", "controller-manager", "proxy", "scheduler"]
      .map((name) => `kube-${name}`)
      .concat(["kubeadm", "kubectl", "kubelet"])
      .map((name) => `k8s.io/kubernetes/cmd/${name}`),
    // Without these the binaries call themselves v0.0.0, and kubeadm refuses its own kubelet.
    ldflags: [
      `-X ${componentBase}.gitVersion=v${VERSIONS.kubernetes}`,
      `-X ${componentBase}.gitMajor=${major}`,
      `-X ${componentBase}.gitMinor=${minor}`,
    ],
  },
  {
    name: "etcd",
    what: `build etcd ${VERSIONS.etcd}`,
    expectedS: 25,
    module: "image/go/etcd",
    packages: ["go.etcd.io/etcd/server/v3"],
    binary: "etcd",
  },
  {
    name: "coredns",
    what: `build CoreDNS ${VERSIONS.coredns}`,
    expectedS: 92,
    module: "image/go/coredns",
    packages: ["github.com/coredns/coredns"],
    binary: "coredns",
  },
  {
    name: "flannel",
    what: `build flannel ${VERSIONS.flannel}`,
    expectedS: 60,
    module: "image/go/flannel",
    packages: ["github.com/flannel-io/flannel"],
    binary: "flanneld",
    // Its udp backend is C.
    cgo: true,
    ldflags: [`-X github.com/flannel-io/flannel/pkg/version.Version=${VERSIONS.flannel}`],
  },
  {
    name: "flannel-cni",
    what: `build flannel's CNI plugin ${VERSIONS.flannelCni}`,
    expectedS: 3,
    module: "image/go/flannel-cni",
    packages: ["github.com/containernetworking/plugins/plugins/meta/flannel"],
    binary: "flannel",
  },
  { name: "pause", what: "build pause", expectedS: 1, module: "image/go/pause", packages: ["."], binary: "pause" },
  { name: "echo", what: "build the echo server", expectedS: 4, module: "roles/echo", packages: ["."], binary: "echo" },
];

/** The Go builds as steps. */
export const GO_STEPS: readonly Step[] = GO_BUILDS.map((build) => ({
  name: build.name,
  what: build.what,
  expectedS: build.expectedS,
  needs: [],
  inputs: [build.module],
  settings: goArguments(build, ""),
  commands: (paths) => [goBuild(build, paths)],
}));

/** `go build` in the module's folder; -mod=readonly: what go.sum does not pin is not fetched. */
function goBuild(build: GoBuild, { out, source }: StepPaths): Command {
  return {
    argv: ["go", ...goArguments(build, `${out}/`)],
    cwd: source(build.module),
    // A workspace or flags of the user's own must not change what is built.
    env: { CGO_ENABLED: build.cgo ? "1" : "0", GOFLAGS: "-buildvcs=false", GOWORK: "off", GOOS: "linux" },
  };
}

function goArguments({ packages, binary, ldflags = [], cgo }: GoBuild, out: string): readonly string[] {
  const statically = cgo ? ["-linkmode external", "-extldflags -static"] : [];
  const tags = cgo ? ["-tags", "netgo,osusergo"] : [];
  const flags = ["-s", "-w", ...ldflags, ...statically].join(" ");
  return [
    "build",
    "-mod=readonly",
    "-trimpath",
    ...tags,
    "-ldflags",
    flags,
    "-o",
    `${out}${binary ?? ""}`,
    ...packages,
  ];
}
