import type { Step } from "../../image/recipe.ts";
import { goStep } from "../../image/go-build.ts";
import { VERSIONS } from "../../versions/versions.ts";

/** The module whose version the folder go/ pins. */
const MODULE = "github.com/cilium/cilium";
const GO_FOLDER = "cni/cilium/go";
const SCRIPT = "cni/cilium/scripts/base";

/**
 * The programs that the agent calls beyond the userland, their Debian packages, and libraries that a node's root lacks.
 * clang 16 is the version of this release's first run by hand; the agent requires only 3.9
 * (pkg/datapath/linux/requirements.go).
 */
const PACKAGES = ["clang-16", "libclang-cpp16", "libllvm16", "libz3-4", "bpftool", "libbinutils"];
const PROGRAMS = [
  "/usr/lib/llvm-16/bin/clang",
  "/usr/sbin/bpftool",
  "/usr/bin/mount",
  "/usr/bin/unshare",
  "/usr/bin/ln",
  "/usr/sbin/modprobe",
];

/** Returns the step that builds the agent (`daemon`), the CNI plugin and the agent's own command line. */
export function agentStep(version: string): Step {
  return goStep({
    name: `cilium-${version}`,
    what: `build Cilium ${version}`,
    expectedS: 360,
    module: GO_FOLDER,
    packages: ["cilium-dbg", "daemon", "plugins/cilium-cni"].map((path) => `${MODULE}/${path}`),
    ldflags: [`-X ${MODULE}/pkg/version.ciliumVersion=${version}`],
  });
}

/**
 * Returns the step that makes `base.tar`, the image's files below the binaries: the userland, the compiler, and the
 * module's BPF sources.
 */
export function baseStep(version: string): Step {
  return {
    name: `cilium-base-${version}`,
    what: "put Cilium's compiler and BPF sources together",
    expectedS: 30,
    needs: ["rootfs", "tree"],
    inputs: [SCRIPT, GO_FOLDER],
    settings: { suite: VERSIONS.debian, packages: PACKAGES, programs: PROGRAMS },
    commands: ({ out, made, source, mirror }) => [
      {
        argv: [source(SCRIPT), `${out}/base.tar`, made("tree", "userland.tar"), made("rootfs", "rootfs.tar")].concat(
          [VERSIONS.debian, mirror, source(GO_FOLDER), MODULE],
          [...PACKAGES, "--", ...PROGRAMS],
        ),
        env: { LC_ALL: "C" },
      },
    ],
  };
}
