import { readFileSync } from "node:fs";
import { GUARD } from "./guard-script.ts";

const script = (name: string): string => readFileSync(new URL(`object-${name}.sh`, import.meta.url), "utf8");

/** For faults that are an object of the API: defines `kube`, which is kubectl in namespace $1. */
export const KUBECTL = `${GUARD}${script("common")}`;
/** $2 the object's kind and name, `service/faultline-ID`. */
export const UNDO_OBJECT = `${KUBECTL}${script("undo")}`;
/** $2 as for UNDO_OBJECT. */
export const VERIFY_OBJECT = `${KUBECTL}${script("verify")}`;

/** The namespace of the cluster's roles (clusters/roles/). */
export const ROLES_NAMESPACE = "faultline";

/** The labels of every object we make. */
export const OUR_LABELS = { "app.kubernetes.io/managed-by": "faultline" } as const;
