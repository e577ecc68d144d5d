import { MATRIX_CELLS } from "./cells.ts";

/** Tests that `./faultline test --all` runs, and a default run only where its part of the rotation holds them. */
export interface NightlyGroup {
  /** What the tests are about, for the summary. */
  readonly what: string;
  /** How long they take on 2 cores with everything built, rounded up to whole minutes. */
  readonly minutes: number;
  /** The cell whose node image and kernel they need; without one, the default cell's. */
  readonly cell?: string;
}

/** The ipvs cell: on this machine's kernel where that has ip_vs, else in the kernel lane. */
export const IPVS_CELL = "flannel/ipvs";

/** Measured on 2 cores, the cells of the matrix excepted. A group stands in one file of tests, by its name here. */
const GROUPS = {
  ipvs: { what: "kube-proxy in ipvs mode: a cluster, in a virtual machine where needed", minutes: 5, cell: IPVS_CELL },
  "kernel-lane": {
    what: "the kernel lane's virtual machine kept, interrupted and killed",
    minutes: 14,
    cell: `${IPVS_CELL}/1.34/ipv4/um:newest`,
  },
  "killed-stages": { what: "a kill at each other stage of a cluster's making", minutes: 4 },
  "killed-elsewhere": { what: "gc from another pid namespace: a killed run more", minutes: 1 },
  "interrupted-stages": { what: "Ctrl-C at each other stage of a cluster's making, and with what is kept", minutes: 5 },
  "two-runs": { what: "two runs at the same time: two clusters at once", minutes: 3 },
  "two-clusters": { what: "two clusters joined: four nodes and three runs", minutes: 4 },
  "three-nodes": { what: "a cluster of three nodes", minutes: 3 },
  "all-mutants": { what: "the mutants of every suite: runs that must fail", minutes: 6 },
  "no-image": { what: "a node image that cannot be built: one image more, and a cluster", minutes: 2, cell: "ptp" },
  "never-ready": { what: "a cluster that only times out", minutes: 2 },
  "real-lease": { what: "the real lease: a wait for what a shorter one shows", minutes: 1 },
  isolation: { what: "two clusters at once and 500 attempts beside each fault", minutes: 5 },
  "tainted-replaced": { what: "a second cluster in the place of a tainted one: two clusters", minutes: 4 },
} as const satisfies Readonly<Record<string, NightlyGroup>>;

/** The name of a group of nightly tests. */
export type NightlyId = keyof typeof GROUPS | `cell ${string}`;

/** The group of a matrix cell that the default set lacks. Pure. */
export const cellGroup = (cell: string): NightlyId => `cell ${cell}`;

/** A cluster and seven suites. */
const CELL_MINUTES = 2;

const CELLS = MATRIX_CELLS.filter(({ byDefault }) => !byDefault).map(({ cell }): [NightlyId, NightlyGroup] => [
  cellGroup(cell),
  { what: `the matrix's cell ${cell}`, minutes: CELL_MINUTES, cell },
]);

/** All groups, by name. */
export const NIGHTLY_GROUPS: ReadonlyMap<NightlyId, NightlyGroup> = new Map([
  ...(Object.entries(GROUPS) as [NightlyId, NightlyGroup][]),
  ...CELLS,
]);

/** Returns the group of that name. Throws where there is none. */
export function nightlyGroup(id: NightlyId): NightlyGroup {
  const group = NIGHTLY_GROUPS.get(id);
  if (group === undefined) throw new Error(`no group of nightly tests is called "${id}"`);
  return group;
}

/** A group in the summary: what it is about and how long it takes. Pure. */
export const groupTitle = ({ what, minutes }: NightlyGroup): string => `${what}, ${minutes} min`;
