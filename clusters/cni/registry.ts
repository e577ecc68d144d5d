import { cilium } from "./cilium/cni.ts";
import type { Cni } from "./contract/cni.ts";
import { calico } from "./calico/cni.ts";
import { flannel, flannelHostGw } from "./flannel/cni.ts";
import { kindnet } from "./kindnet/cni.ts";
import { bridge, ptp } from "./reference/cni.ts";
import { weave } from "./weave/cni.ts";

/** Every CNI with a folder; the first is the default. */
export const CNIS: readonly [Cni, ...Cni[]] = [flannel, flannelHostGw, bridge, ptp, calico, cilium, weave, kindnet];
