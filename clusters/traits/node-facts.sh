# Reads what a node shows of its CNI's traits, in sections: "@@ name", then what a tool said. $1 the address of a Service, then a process of each pod on this node.
# Only reads. The last line is "@@ end", so that half an answer is not taken for a whole one.
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
# Of the family that the cell's Services are reached by first.
case $service in *:*) save=ip6tables-save ;; *) save=iptables-save ;; esac
"$save" -t filter | grep -E '^-A (INPUT|FORWARD) ' || echo "none"
echo "@@ end"
