import type { Steps } from "../../contract/kind.ts";
import { markOf } from "../../contract/marks.ts";
import type { LinkFault, LinkPrior } from "./kind.ts";
import { isMac } from "./lines.ts";

/** The MAC address of a readdressed link; common.sh writes the same. */
export const OUR_MAC = "02:66:6c:74:00:01";

/** Returns the steps of a link fault for people. Without a prior state they name what may go with the link. Pure. */
export function steps({ device, state }: LinkFault, prior: LinkPrior | null, id: string): Steps {
  const set = `ip link set dev ${device}`;
  const show = `ip -d link show dev ${device}`;
  const mark = markOf(id);
  const mac = prior?.find(isMac)?.replace(/^mac /, "") ?? "<its address>";
  const back = `put back ${prior === null ? "the routes, neighbours and addresses that went with it" : counted(prior)}`;
  const said = {
    down: { apply: [`${set} down alias ${mark}`], is: "is DOWN", undo: [`${set} up`, back] },
    bounced: {
      apply: [`${set} down alias ${mark}`, `${set} up`],
      is: "is UP, without the routes and neighbours it had",
      undo: [back],
    },
    readdressed: {
      apply: [`${set} address ${OUR_MAC} alias ${mark}`],
      is: `has address ${OUR_MAC}`,
      undo: [`${set} address ${mac}  # only while it is ${OUR_MAC}`, back],
    },
  }[state];
  return {
    apply: said.apply,
    readBack: [`${show}  # ${said.is}`],
    undo: [...said.undo, `${set} alias ""`],
    verify: [`${show}  # is UP, without ${mark}, and all that went with it is there`],
  };
}

/** The words for lines of the prior state, by their first word (common.sh). The MAC address has a step of its own. */
const NAMES = [
  { tags: ["route4", "route6"], one: "route", many: "routes" },
  { tags: ["neighbour", "proxy"], one: "neighbour", many: "neighbours" },
  { tags: ["address"], one: "address", many: "addresses" },
  { tags: ["fdb"], one: "forwarding entry", many: "forwarding entries" },
] as const;

function counted(prior: LinkPrior): string {
  const words = NAMES.flatMap(({ tags, one, many }) => {
    const count = prior.filter((line) => tags.some((tag) => line.startsWith(`${tag} `))).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return words.length === 0 ? "nothing: no route or neighbour went with it" : words.join(", ");
}
