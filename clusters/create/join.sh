#!/bin/bash
# Makes a node reach the pods of another cluster on its network, without translation on the way; once, and gone with the node.
# Usage: join.sh OWN=THEIRS[,OWN=THEIRS]... [CIDR=NODE_ADDRESS]...   (pod networks, a pair a family; then the routes)
set -euo pipefail
pairs=$1
shift

for route in "$@"; do
  ip route add "${route%%=*}" via "${route#*=}"
done

# CNIs give what leaves their cluster's pods the node's address. First in the chain, as the rules of Submariner's route agent are (SUBMARINER-POSTROUTING).
for pair in ${pairs//,/ }; do
  iptables=iptables
  [[ $pair != *:* ]] || iptables=ip6tables
  "$iptables" -w -t nat -I POSTROUTING 1 -s "${pair%%=*}" -d "${pair#*=}" -m comment --comment "faultline: joined clusters" -j ACCEPT
done
