# Prints the device as one line, then what goes with it. $1 device.
# VLANs on it, next-hop objects and an IPv6 MTU of its own cannot be given back: they are printed to be refused.
find_link "$1"
printf "%s\n" "$link"
if [ -z "$link" ]; then exit 0; fi
tagged vlan "" ip -o link show type vlan
tagged nexthop "" ip nexthop show dev "$1"
if [ -e "/proc/sys/net/ipv6/conf/$1/mtu" ]; then tagged mtu6 "" cat "/proc/sys/net/ipv6/conf/$1/mtu"; fi
goes_with "$1"
