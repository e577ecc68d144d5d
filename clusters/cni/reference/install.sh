#!/bin/bash
# Makes a reference plugin (bridge or ptp) a node's CNI, with static routes to the other nodes' pods; runs once, without
# an agent.
# Usage: install.sh PLUGIN BRIDGE POD_NETWORKS POD_CIDRS [CIDR=NODE_ADDRESS]...
# Lists are comma-separated, one item per IP family.
set -euo pipefail
plugin=$1 bridge=$2 networks=$3 cidrs=$4
shift 4

for route in "$@"; do
  ip route replace "${route%%=*}" via "${route#*=}"
done

# The node masquerades traffic from its pods to addresses outside the cluster, as every CNI here does. Traffic between
# pods is not translated.
for network in ${networks//,/ }; do
  iptables=iptables
  [[ $network != *:* ]] || iptables=ip6tables
  rule=(-s "$network" ! -d "$network" -m comment --comment "faultline: pods to elsewhere" -j MASQUERADE)
  "$iptables" -w -t nat -C POSTROUTING "${rule[@]}" 2>/dev/null || "$iptables" -w -t nat -A POSTROUTING "${rule[@]}"
done

# Written under another name, then renamed: containerd watches the directory and must not read half a file.
target=/etc/cni/net.d/10-$plugin.conflist
jq --null-input --arg plugin "$plugin" --arg bridge "$bridge" --arg cidrs "$cidrs" '
  ($cidrs | split(",")) as $cidrs |
  {
    cniVersion: "0.4.0", name: $plugin,
    plugins: [
      ({type: $plugin, ipMasq: false, ipam: {
          type: "host-local", ranges: [$cidrs[] | [{subnet: .}]],
          routes: [$cidrs[] | {dst: (if test(":") then "::/0" else "0.0.0.0/0" end)}]
        }} + if $plugin == "bridge" then {bridge: $bridge, isGateway: true, hairpinMode: true} else {} end),
      {type: "portmap", capabilities: {portMappings: true}}
    ]
  }' >"/etc/cni/net.d/.new"
mv /etc/cni/net.d/.new "$target"
