# shellcheck shell=sh
# Prints the facts behind a CNI's traits on a node, in sections: "@@ name", then a tool's output. $1 is the address of a
# Service, further arguments a process of each pod on this node. Reads only. The last line is "@@ end", so that a
# cut-off answer is recognised.
set -eu
export LC_ALL=C
service=$1
shift

echo "@@ links"
ip -d -j link show
echo "@@ uplink"
ip -j route show default
ip -6 -j route show default
echo "@@ pods"
for pid; do nsenter -t "$pid" -n ip -d -j link show; done
echo "@@ bpf"
for path in /sys/class/net/*; do
  device=${path##*/}
  for side in ingress egress; do
    tc filter show dev "$device" "$side" 2>/dev/null | sed -n "s/^filter .* bpf .*/$device/p"
  done
done
echo "@@ connections"
conntrack -L -p tcp -d "$service" 2>/dev/null || echo "none"
echo "@@ rules"
# The firewall of the family of the cell's first Service address.
case $service in *:*) save=ip6tables-save ;; *) save=iptables-save ;; esac
"$save" -t filter | grep -E '^-A (INPUT|FORWARD) ' || echo "none"
echo "@@ end"
