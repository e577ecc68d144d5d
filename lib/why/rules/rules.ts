import type { WhyRule } from "../case/case.ts";
import { balancerPassedBy, portOfOwnAddress, sourceIsOwn } from "./balancer.ts";
import { bridgeNetfilter } from "./bridge-netfilter.ts";
import { deviceDown } from "./devices.ts";
import { dropped, rejected } from "./firewall.ts";
import { forwardingOff } from "./forwarding.ts";
import {
  overlayForwardingGone,
  overlayNeighbourGone,
  overlayRouteGone,
  overlaySentElsewhere,
  overlayWrongHardware,
} from "./overlay.ts";
import { forwardPolicy } from "./policy.ts";
import { reversePath } from "./reverse-path.ts";
import { otherRoute, sinkRoute, wrongLink } from "./routes.ts";
import { corednsEnded, corednsLoop, noEndpoints } from "./services.ts";
import { tooBig } from "./size.ts";
import { endpointWithoutOwner, masqueradeMissing, serviceNotTranslated } from "./translation.ts";
import { wrongAnswer, wrongServer } from "./wrong-server.ts";

/**
 * The known causes. Each requires signs of its own, so that an unknown cause becomes a difference or no explanation.
 */
export const RULES: readonly WhyRule[] = [
  bridgeNetfilter,
  forwardingOff,
  reversePath,
  dropped,
  rejected,
  forwardPolicy,
  deviceDown,
  overlayRouteGone,
  overlayNeighbourGone,
  overlayForwardingGone,
  overlayWrongHardware,
  overlaySentElsewhere,
  wrongLink,
  sinkRoute,
  otherRoute,
  serviceNotTranslated,
  endpointWithoutOwner,
  masqueradeMissing,
  noEndpoints,
  corednsLoop,
  corednsEnded,
  portOfOwnAddress,
  balancerPassedBy,
  sourceIsOwn,
  tooBig,
  wrongServer,
  wrongAnswer,
];
