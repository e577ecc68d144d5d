# Runs on a node and only reads. Prints the state of its network namespace in sections: "@@ name", then what a tool said. A tool that is not
# there or fails is named by a line "@! …". The last line is "@@ end", so that half an answer is not taken for a whole one.
set -u
export LC_ALL=C

section() {
  printf '@@ %s\n' "$1"
  shift
  if command -v "$1" >/dev/null 2>&1; then
    "$@" 2>/dev/null || printf '@! %s failed\n' "$1"
  else
    printf '@! %s is not on this node\n' "$1"
  fi
}

# Some keys cannot be read (stable_secret before it is set): grep says so by its exit code, which says nothing about the others.
sysctls() {
  cd /proc/sys && find net -type f -perm -0400 | sort | xargs grep -H '' 2>/dev/null
  cd /
}

routes() { ip -4 route show table all && ip -6 route show table all; }
rules() { ip -4 rule show && ip -6 rule show; }

vxlan_fdb() {
  for device in $(ip -o link show type vxlan | cut -d: -f2 | cut -d@ -f1); do
    bridge fdb show dev "$device" | sed "s/\$/ dev $device/"
  done
}

section sysctl sysctls
section link ip -d -j link show
section address ip -o address show
section route routes
section rule rules
section neighbour ip neighbour show nud permanent
section fdb vxlan_fdb
section iptables-nft iptables-nft-save
section ip6tables-nft ip6tables-nft-save
section iptables-legacy iptables-legacy-save
section ip6tables-legacy ip6tables-legacy-save
section nft nft -s list ruleset
section ipvs ipvsadm -Sn
section qdisc tc qdisc show
printf '@@ end\n'
