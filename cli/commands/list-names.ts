/** The lists that `list` prints. */
export const LISTS = ["scenarios", "cells", "runs", "clusters"] as const;
export type ListName = (typeof LISTS)[number];
