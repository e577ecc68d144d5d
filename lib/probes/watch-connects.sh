# Part of the prober (prober.sh has what it uses): ends a connect before its time-out once it is decided. What decides is the kernel's own
# account of this one flow, so nothing is assumed of its timers: /proc/PID/net/tcp counts how often the SYN was sent again (state 02 is SYN_SENT).
# A flow that a neighbour's address is still being asked for is left alone: it may yet hear "host unreachable".

# PID: the flows of its network namespace whose SYN is out, as the kernel lists them.
connecting() {
  grep -hE '^ *[0-9]+: \S+ \S+ 02 ' "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null
}

# PID: whether a neighbour is being asked for, here or there.
asks_neighbours() {
  [[ -n $(ip neighbour show nud incomplete 2>/dev/null) ]] && return 0
  [[ $1 != "$$" && -n $(nsenter --net="/proc/$1/ns/net" -- ip neighbour show nud incomplete 2>/dev/null) ]]
}

# How many packets this node has thrown away since it started, by the kernel's own counters: not for us and not to be forwarded, no route, wrong way round.
# Those of IPv4 come as a line of names and one of values, those of IPv6 as a name and its value.
discarded() {
  cat "/proc/$$/net/snmp" "/proc/$$/net/netstat" "/proc/$$/net/snmp6" 2>/dev/null |
    awk '$1 !~ /:$/ { if ($1 ~ /^Ip6(InAddrErrors|InDiscards|OutDiscards|InNoRoutes|OutNoRoutes)$/) sum += $2; next }
      NR % 2 { split($0, names); next }
      { for (i = 2; i <= NF; i++) if (($1 names[i]) ~ /^(Ip:(InAddrErrors|InDiscards|OutDiscards|OutNoRoutes)|IpExt:InNoRoutes|TcpExt:IPReversePathFilter)$/) sum += $i }
      END { print sum + 0 }'
}

# INDEX AFTER_MS RESENT CONNTRACK DISCARDED
end_early() {
  local pid
  pid=$(<"$dir/$1.pid") && [[ $(<"/proc/$pid/comm") == timeout ]] || return 0
  printf '{"afterMs":%d,"resent":%d,"conntrack":"%s","discarded":%d}' "$2" "$3" "$(printf '%s' "$4" | base64 -w 0)" "$5" >"$dir/$1.new"
  mv -- "$dir/$1.new" "$dir/$1.early"
  kill -TERM "$pid"
} 2>/dev/null

# Each flow that has been sent again and then left alone for a while: "INDEX PID PORT RESENT WAITED_MS" a line.
sent_again() {
  local index pid hex resent
  local -A rows=()
  for index in "${!watched_port[@]}"; do
    [[ -e $dir/$index.over || -e $dir/$index.early ]] && continue
    pid=${watched_pid[index]}
    [[ -v rows[$pid] ]] || rows[$pid]=$(connecting "$pid")
    printf -v hex '%04X' "${watched_port[index]}"
    [[ ${rows[$pid]} =~ :$hex\ [0-9A-F]+:[0-9A-F]+\ 02\ [0-9A-F:]+\ [0-9A-F:]+\ ([0-9A-F]+) ]] || continue
    resent=$((16#${BASH_REMATCH[1]}))
    ((resent > 0)) || continue
    [[ -v since["$index $resent"] ]] || since["$index $resent"]=$1
    candidates+=("$index $pid ${watched_port[index]} $resent $(($1 - since["$index $resent"]))")
  done
}

# Two SYNs without an answer and a node whose conntrack says so, too, or that has thrown away as many packets as there were such SYNs; or three SYNs: each
# with time for an answer that is on its way.
watch_connects() {
  local begun_ms now_ms index pid port resent waited_ms entry tracked lost before
  local -A since=()
  local -a candidates
  up_ms
  begun_ms=$REPLY
  before=$(discarded)
  while [[ ! -e $dir/done ]] && kill -0 $$ 2>/dev/null; do
    read -r -t 0.1 _ <&"$rest"
    up_ms
    now_ms=$REPLY
    # No kernel sends a SYN again before this (initial RTO 1 s, RFC 6298), so a round without trouble costs nothing.
    ((now_ms - begun_ms > 1000)) || continue
    candidates=() tracked=
    sent_again "$now_ms"
    ((${#candidates[@]} > 0)) || continue
    lost=$(($(discarded) - before))
    for entry in "${candidates[@]}"; do
      read -r index pid port resent waited_ms <<<"$entry"
      ((waited_ms >= 150)) || continue
      [[ -n $tracked ]] || tracked=$({ conntrack -L -p tcp && conntrack -L -f ipv6 -p tcp; } 2>/dev/null && echo)
      entry=$(grep -m 1 -E " (SYN_SENT|SYN_RECV) .* sport=$port dport=.* sport=" <<<"$tracked")
      [[ -n $entry ]] || ((lost >= 2 * ${#candidates[@]})) || ((resent > 1 && waited_ms >= 400)) || continue
      asks_neighbours "$pid" || end_early "$index" $((now_ms - begun_ms)) "$resent" "$entry" "$lost"
    done
  done
}
