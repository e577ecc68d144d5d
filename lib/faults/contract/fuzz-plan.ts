import type { AnyFault } from "./kind.ts";

/** How a kind's fields are fuzzed (test/unit/lib/faults/fuzz.test.ts). Only tests use plans. */
export interface FuzzPlan<F extends AnyFault> {
  /** Valid faults. Each test case puts a hostile value into one field of one of them. */
  readonly around: readonly F[];
  /** Every field but `kind`: a plan without one of them does not compile. */
  readonly fields: { readonly [P in Exclude<keyof F, "kind">]-?: Field };
  /**
   * Tells whether the arguments of `apply` carry the values of an accepted fault, each in its place. The id is fuzz1.
   */
  readonly carried: (fault: F, args: readonly string[]) => boolean;
  /** Outputs that the kind's capture may have printed. */
  readonly before?: readonly string[];
}

/** One field: valid values, how a text is put into a fault, and the words of an error message that name the field. */
export interface Field {
  readonly right: readonly string[];
  readonly put: (text: string) => object;
  readonly named: RegExp;
}

/** Returns the plan of a field that holds text. */
export function field(name: string, right: readonly string[], named = new RegExp(name)): Field {
  return { right, named, put: (text) => ({ [name]: text }) };
}

/** Returns the plan of a field that holds labels: the text becomes a key or a value. */
export function labels(name: string): Field {
  return {
    right: ["app", "example.org/app", "Name_1"],
    put: (text) => ({ [name]: text.length % 2 === 0 ? { [text]: "x" } : { app: text } }),
    named: new RegExp(name),
  };
}

/** The plan of `family`: 4 or 6. */
export const FAMILY: Field = { ...field("family", ["6"]), put: (text) => ({ family: text === "6" ? 6 : text }) };

/** Networks and addresses that a fault may name. */
export const NETWORKS = ["10.0.0.0/8", "10.1.2.3", "fd00::/64", "::ffff:10.0.0.1", "0.0.0.0/0"];

/** The part of an API object that plans look at. */
export interface KubernetesObject<S> {
  readonly metadata: { readonly namespace: string };
  readonly spec: S;
}

/** Tells whether two sets of labels are equal, order included. */
export function sameLabels(one: object, other: object): boolean {
  return JSON.stringify(Object.entries(one)) === JSON.stringify(Object.entries(other));
}

/** Tells whether two lists of arguments are equal. */
export function sameArgs(args: readonly string[], expected: readonly string[]): boolean {
  return JSON.stringify(args) === JSON.stringify(expected);
}
