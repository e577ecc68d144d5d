import type { FuzzPlan } from "../../contract/fuzz-plan.ts";
import type { ResolvConfFault } from "./kind.ts";

const plan: FuzzPlan<ResolvConfFault> = {
  around: [{ kind: "resolv-conf", nameservers: ["127.0.0.53"] }],
  before: ["bmFtZXNlcnZlciAxMC4wLjAuMQo="],
  fields: {
    nameservers: {
      right: ["127.0.0.53", "fd00::53"],
      put: (text) => ({ nameservers: ["10.0.0.1", text] }),
      named: /nameservers/,
    },
  },
  carried: ({ nameservers }, args) => {
    const content = nameservers.map((one) => `nameserver ${one}\n`).join("");
    return Buffer.from(args[2] ?? "", "base64").toString() === content && args.length === 3;
  },
};
export default plan;
