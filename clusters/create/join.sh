#!/bin/bash
# Lets a node reach the pods of another cluster on its network, without address translation. Run it once; it goes with
# the node.
# Usage: join.sh OWN=THEIRS[,OWN=THEIRS]... [CIDR=NODE_ADDRESS]... (pod networks, one pair per family; then the routes)
set -euo pipefail
pairs=$1
shift

for route in "$@"; do
  ip route add "${route%%=*}" via "${route#*=}"
done

# CNIs replace the source of packets that leave their cluster's pod network. The exception goes first in the chain, like
# the rules of Submariner's route agent (SUBMARINER-POSTROUTING).
for pair in ${pairs//,/ }; do
  iptables=iptables
  [[ $pair != *:* ]] || iptables=ip6tables
  "$iptables" -w -t nat -I POSTROUTING 1 -s "${pair%%=*}" -d "${pair#*=}" \
    -m comment --comment "faultline: joined clusters" -j ACCEPT
done
