import { join } from "node:path";
import type { Command, Step, StepPaths } from "../image/recipe.ts";
import { VERSIONS } from "../versions/versions.ts";
import type { LaneKernel } from "../cells/kernels.ts";

/** Debian packages of the VM, beyond debootstrap's minbase: Docker and the tools of set-up, faults and evidence. */
const PACKAGES: readonly string[] = [
  ...[
    "docker.io",
    "docker-cli",
    "containerd",
    "runc",
    "iptables",
    "nftables",
    "ipset",
    "ipvsadm",
    "conntrack",
    "ebtables",
  ],
  ...["iproute2", "ethtool", "kmod", "util-linux", "mount", "procps", "hostname", "ca-certificates", "openssl"],
  ...["jq", "curl", "tcpdump", "e2fsprogs", "bash", "findutils"],
];
/** Packages for a kernel build: Kbuild's list (Documentation/process/changes.rst) and those of user-mode Linux. */
const BUILD_PACKAGES: readonly string[] = [
  ...["gcc", "libc6-dev", "make", "flex", "bison", "bc", "perl", "python3-minimal", "xz-utils", "libelf-dev"],
];
/** Sparse: a disk takes what is in it. Set-up wants 8 GiB free on each. */
const SYSTEM_MEBIBYTES = 12 * 1024;
const DOCKER_MEBIBYTES = 20 * 1024;
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** What the parts of a VM are made from, beside what lies below clusters/. */
export interface LaneInputs {
  readonly kernel: LaneKernel;
  /** The node image whose cluster it will hold, in this machine's Docker. */
  readonly imageTag: string;
  /** Digest of package-lock.json: which modules the project's own node_modules holds. */
  readonly lockDigest: string;
  /** The project's directory. */
  readonly project: string;
  /** The kind binary. */
  readonly kind: string;
}

/** A step's name holds no colon: it is part of a file name. */
const kernelSlug = ({ name }: LaneKernel): string => name.replace(/[^a-z0-9.]/g, "-");

/** Of the VM, not of the nodes: the first Debian whose Docker gives nodes CAP_BPF, which Cilium's agent asks for. */
const VM_SUITE = "trixie";

/** A Debian with these packages, as a tar. */
function debianStep(name: string, what: string, packages: readonly string[]): Step {
  return {
    name,
    what,
    expectedS: 90,
    needs: [],
    inputs: ["image/scripts/rootfs"],
    settings: { suite: VM_SUITE, packages },
    commands: ({ out, source, mirror }) => [
      {
        argv: inOwnMounts([source("image/scripts/rootfs"), `${out}/rootfs.tar`, VM_SUITE, mirror, ...packages]),
        env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
      },
    ],
  };
}

const root = debianStep("lane-root", "install Debian for the VM", PACKAGES);
const buildRoot = debianStep("lane-build-root", "install Debian with a compiler, to build a kernel in", BUILD_PACKAGES);

function sourceStep(kernel: LaneKernel): Step {
  return {
    name: `lane-source-${kernelSlug(kernel)}`,
    what: `fetch the source of Debian's kernel of ${kernel.suite}`,
    expectedS: 30,
    needs: [],
    inputs: ["lane/scripts/debian-packages"],
    settings: { suite: kernel.suite },
    commands: (paths) => [unpacked(paths, kernel.suite, "linux-source-.*", ["linux-source"])],
  };
}

function kernelStep(kernel: LaneKernel): Step {
  const source = `lane-source-${kernelSlug(kernel)}`;
  return {
    name: kernelStepName(kernel),
    what: "build user-mode Linux",
    expectedS: 420,
    needs: ["lane-build-root", source],
    inputs: ["lane/scripts/um-kernel", "lane/um.config"],
    settings: {},
    commands: ({ out, made, source: own }) => [
      {
        argv: inOwnMounts(
          [own("lane/scripts/um-kernel"), out, made("lane-build-root", "rootfs.tar")].concat([
            made(source, "tree"),
            own("lane/um.config"),
          ]),
        ),
      },
    ],
  };
}

/** The name of the step that leaves `linux` and `release` for a kernel. */
export const kernelStepName = (kernel: LaneKernel): string => `lane-linux-${kernelSlug(kernel)}`;
/** The name of the step that leaves `system.raw`, the same for all kernels: they bring no modules. */
export const SYSTEM_STEP = "lane-system";
/** The name of the step that leaves `docker.raw`. */
export const DOCKER_STEP = "lane-docker";

function systemStep(inputs: LaneInputs): Step {
  return {
    name: SYSTEM_STEP,
    what: "make the VM's system disk",
    expectedS: 20,
    needs: ["lane-root"],
    inputs: ["lane/scripts/system-disk", "lane/guest"],
    settings: { lock: inputs.lockDigest, kind: VERSIONS.kind, mebibytes: SYSTEM_MEBIBYTES },
    commands: ({ out, made, source }) => [
      {
        argv: [source("lane/scripts/system-disk"), out, made("lane-root", "rootfs.tar")].concat([
          source("lane/guest"),
          join(inputs.project, "node_modules"),
          inputs.kind,
          String(SYSTEM_MEBIBYTES),
        ]),
      },
    ],
  };
}

function dockerStep({ imageTag }: LaneInputs): Step {
  return {
    name: DOCKER_STEP,
    what: "make the disk with Docker's data and the node image",
    expectedS: 45,
    needs: ["lane-root"],
    inputs: ["lane/scripts/docker-disk"],
    settings: { imageTag, mebibytes: DOCKER_MEBIBYTES },
    commands: ({ out, made, source }): readonly Command[] => [
      { argv: ["docker", "save", "--output", `${out}/image.tar`, imageTag] },
      {
        argv: inOwnMounts(
          [source("lane/scripts/docker-disk"), out, made("lane-root", "rootfs.tar"), `${out}/image.tar`].concat(
            String(DOCKER_MEBIBYTES),
          ),
          ["--net", "--pid", "--fork"],
        ),
      },
      { argv: ["rm", `${out}/image.tar`] },
    ],
  };
}

/** All parts of a VM, each after those it needs. */
export function laneSteps(inputs: LaneInputs): readonly Step[] {
  const { kernel } = inputs;
  return [root, buildRoot, sourceStep(kernel), kernelStep(kernel), systemStep(inputs), dockerStep(inputs)];
}

/** What is mounted in there is gone with it, also when it is killed. */
function inOwnMounts(argv: readonly string[], more: readonly string[] = []): readonly string[] {
  return ["unshare", "--mount", ...more, "--propagation", "private", "--", ...argv];
}

function unpacked({ out, source, mirror }: StepPaths, suite: string, along: string, names: readonly string[]): Command {
  return { argv: [source("lane/scripts/debian-packages"), out, suite, mirror, KEYRING, along, ...names] };
}
