# $1: the part of /proc/sys (net, or . for all of it). Reads only. Prints the state of its network namespace in
# sections: "@@ name", then a tool's output. A line "@! …" names a tool that is missing or failed. The last line is "@@
# end", so that a cut-off answer is recognised.
set -u
export LC_ALL=C
part=$1

section() {
  printf '@@ %s\n' "$1"
  shift
  if command -v "$1" >/dev/null 2>&1; then
    "$@" 2>/dev/null || printf '@! %s failed\n' "$1"
  else
    printf '@! %s not found\n' "$1"
  fi
}

# The tool would load the module, and so change the machine. Without the module there is nothing to list.
section_of_module() { # FILE SECTION TOOL…
  if [ -e "$1" ]; then shift && section "$@"; else printf '@@ %s\n' "$2"; fi
}

# Some keys are unreadable (stable_secret before it is set): grep's exit code reports them, and nothing about the
# others.
sysctls() {
  cd /proc/sys && find "$part" -type f -perm -0400 | sort | xargs grep -H '' 2>/dev/null | sed 's,^\./,,'
  cd /
}

routes() { ip route show table all; }
rules() { ip -4 rule show && ip -6 rule show; }
neighbours() { ip neighbour show && ip neighbour show proxy; }

# tc lists classes a device at a time. A qdisc with handle 0: is the kernel's default and has none.
classes() {
  for device in $(tc qdisc show | awk '$3 != "0:" && !seen[$5]++ { print $5 }'); do
    printf -- '-- %s\n' "$device"
    tc class show dev "$device"
  done
}

# Each filter belongs to one qdisc; clsact and ingress have a side for each direction instead of a handle.
filters() {
  tc qdisc show | awk '
    $2 == "clsact" { print $5, "ingress"; print $5, "egress"; next }
    $2 == "ingress" { print $5, "ingress"; next }
    $3 != "0:" { print $5, "parent", $3 }
  ' | while read -r device side; do
    printf -- '-- %s %s\n' "$device" "$side"
    # Unquoted: two words for a parent.
    # shellcheck disable=SC2086
    tc filter show dev "$device" $side
  done
}

section sysctl sysctls
section link ip -d -j link show
section address ip -o address show
section route routes
section rule rules
section neighbour neighbours
section fdb bridge fdb show
section iptables-nft iptables-nft-save
section ip6tables-nft ip6tables-nft-save
section iptables-legacy iptables-legacy-save
section ip6tables-legacy ip6tables-legacy-save
section nft nft -s list ruleset
section_of_module /sys/module/ip_set ipset ipset save
section_of_module /proc/net/ip_vs ipvs ipvsadm -Sn
section qdisc tc qdisc show
section class classes
section filter filters
printf '@@ end\n'
