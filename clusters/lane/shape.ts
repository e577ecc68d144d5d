/** A cluster of two nodes and Docker take about 2 GiB; the rest is page cache. */
export const LANE_MEMORY_MIB = 4096;

/** Two for two nodes, where the machine has them. */
export const laneCpus = (available: number): number => Math.max(1, Math.min(2, available));
