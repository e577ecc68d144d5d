import type { Command, Step, StepPaths } from "./recipe.ts";

/** A Go module's binaries, as data. */
export interface GoBuild {
  readonly name: string;
  readonly what: string;
  /** Measured on 2 cores with nothing cached, seconds. */
  readonly expectedS: number;
  /** The folder of go.mod and go.sum, below clusters/. */
  readonly module: string;
  /** Folders below clusters/ that its go.mod replaces modules by. */
  readonly replacements?: readonly string[];
  readonly packages: readonly string[];
  /** File name of the result; without it `go build` names each after its package. */
  readonly binary?: string;
  readonly ldflags?: readonly string[];
  /** Links C code, statically. */
  readonly cgo?: boolean;
}

/** The build as a step of the node image. */
export function goStep(build: GoBuild): Step {
  return {
    name: build.name,
    what: build.what,
    expectedS: build.expectedS,
    needs: [],
    inputs: [build.module, ...(build.replacements ?? [])],
    settings: goArguments(build, ""),
    commands: (paths) => [goBuild(build, paths)],
  };
}

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
