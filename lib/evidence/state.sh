# Prints the state of a node's network. Only reads, never Secrets. Sections as in sections.ts; a line "@! MARK …" names
# a tool that is missing or fails. One exec: it must cost little, since it runs while a fault is in force.
#   $1 mark, $2 time and $3 uptime (s) since when log lines matter, $4 the CNI's name,
#   $5 and $6 words that a line of conntrack must contain, one of each (a line each); then ROLE PID of each pod.
set -u
export LC_ALL=C
mark=$1 since=$2 since_uptime=$3 cni=$4 ports=$5 hosts=$6
shift 6

section() {
  printf '@@ %s %s\n' "$mark" "$1"
  shift
  if command -v "$1" >/dev/null 2>&1; then
    "$@" 2>/dev/null || printf '@! %s %s failed\n' "$mark" "$*"
  else
    printf '@! %s %s not found\n' "$mark" "$1"
  fi
}

# A busy node has thousands; only those of our addresses and ports are kept.
connections() {
  command -v conntrack >/dev/null || return 1
  for family in ipv4 ipv6; do
    conntrack -L -f "$family" | grep -F -e "$ports" | grep -wF -e "$hosts"
  done
  return 0
}

routes() { ip route show table all; }
rules() { ip -4 rule show && ip -6 rule show; }
neighbours() { ip -s neighbour show && ip neighbour show proxy; }

# Where the module is not loaded there is nothing.
ipvs() {
  for file in /proc/net/ip_vs /proc/net/ip_vs_conn /proc/net/ip_vs_stats; do
    if [ -e "$file" ]; then echo "-- $file" && cat "$file"; fi
  done
}

# What routing, bridging, ARP and the kernel's own time-outs go by. Which of them there are depends on the kernel.
sysctls() {
  cd /proc/sys/net && grep -sH '' \
    bridge/* ipv4/ip_forward ipv4/ip_local_port_range ipv4/tcp_syn* ipv4/tcp_retries* \
    ipv4/icmp_ratelimit ipv4/icmp_ratemask ipv4/vs/* \
    ipv4/conf/*/rp_filter ipv4/conf/*/forwarding ipv4/conf/*/proxy_arp ipv4/conf/*/arp_ignore ipv4/conf/*/arp_announce \
    ipv4/conf/*/accept_local ipv4/conf/*/route_localnet ipv4/conf/*/src_valid_mark ipv4/conf/*/send_redirects \
    ipv6/conf/*/forwarding ipv6/conf/*/disable_ipv6 ipv6/conf/*/accept_ra ipv6/conf/*/proxy_ndp \
    ipv[46]/neigh/*/retrans_time_ms ipv[46]/neigh/*/[amu]*cast_solicit ipv[46]/neigh/*/base_reachable_time_ms \
    ipv[46]/neigh/*/delay_first_probe_time ipv[46]/neigh/*/unres_qlen_bytes \
    netfilter/nf_conntrack_count netfilter/nf_conntrack_max netfilter/nf_conntrack_buckets \
    netfilter/nf_conntrack_checksum \
    netfilter/nf_conntrack_tcp_* netfilter/nf_conntrack_udp_*
  cd / || return 1
}

offloads() {
  for path in /sys/class/net/*; do
    device=${path##*/}
    if [ "$device" != lo ]; then echo "-- $device" && ethtool -k "$device"; fi
  done | grep -E '^-- |(checksumming|offload|segmentation).*:'
  return 0
}

kernel_log() { dmesg | awk -F'[][]' -v since="$since_uptime" '$2 + 0 >= since + 0' | tail -n 500; }

# Lines begin with their time, in UTC on a kind node, so they compare as text.
pod_log() { tail -q -c 65536 "$1"/*/*.log | awk -v since="$since" '$1 >= since' | tail -n 200; }

# A process costs 30 ms in user-mode Linux, and a node has several pods: so few processes print several things each.
POD='echo "@@ $1 pod-$2-nstat" && nstat -asz && echo "@@ $1 pod-$2-network" &&
printf "%s show\n" link neighbour | ip -s -batch - && printf "%s\n" "address show" "route show table all" | ip -batch -'

section conntrack connections
section conntrack-statistics conntrack -S
section iptables-nft iptables-nft-save -c
section ip6tables-nft ip6tables-nft-save -c
section iptables-legacy iptables-legacy-save -c
section ip6tables-legacy ip6tables-legacy-save -c
section nft nft list ruleset
section ipvs ipvs
section link ip -s -d link show
section address ip address show
section route routes
section rule rules
section neighbour neighbours
section fdb bridge -s fdb show
section queue tc -s qdisc show
section offload offloads
section sysctl sysctls
section nstat nstat -asz
section kernel-log kernel_log
for path in /var/log/pods/*"$cni"* /var/log/pods/kube-system_kube-proxy-* /var/log/pods/kube-system_coredns-*; do
  name=${path##*/} && name=${name#*_}
  if [ -d "$path" ]; then section "log-${name%%_*}" pod_log "$path"; fi
done
while [ $# -ge 2 ]; do
  nsenter -t "$2" -n sh -c "$POD" pod "$mark" "$1" 2>/dev/null || printf '@! %s pod-%s failed\n' "$mark" "$1"
  shift 2
done
printf '@@ %s end\n' "$mark"
