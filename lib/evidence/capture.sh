# A capture on all devices of a node at once, in the background. Sections as in sections.ts: the id is the mark.
#   start ID LIMIT_S PACKETS SNAP_BYTES MOST_BYTES PODS FILTER…
#       prints clock, addresses and peers once tcpdump listens; PODS: "role pid" a line
#   stop ID MOST_BYTES
#       prints said, addresses, peers and the file, and removes all
#   sweep MARK
#       ends all whose ids begin so, removes them, and prints how many
# Its files lie in /run, a tmpfs that dies with the kind node.
set -u
umask 077
export LC_ALL=C
what=$1 id=$2
all=/run/faultline/evidence
dir=$all/$id
shift 2

refuse() {
  echo "faultline: $1" >&2
  exit 1
}

section() {
  printf '@@ %s %s\n' "$id" "$1"
}

# Which device on the node is the other end of each pod's: the kernel says it in the pod's namespace ("eth0@if7").
peers() {
  while read -r role pid; do
    nsenter -t "$pid" -n ip -o link show 2>/dev/null | sed -n "s/^[0-9]*: \([^@: ]*\)@if\([0-9]*\):.*/$role \1 \2/p"
  done <"$dir/pods"
}

devices() {
  section addresses
  ip -j -d address show
  section peers
  peers
}

# Only what is ours: the number may be another's by now.
is_running() {
  pid=$(cat "$dir/pid" 2>/dev/null) && grep -qzxF "$dir/capture.pcap" "/proc/$pid/cmdline" 2>/dev/null
}

end_it() {
  is_running || return 0
  kill -TERM "$pid"
  tries=0
  while is_running; do
    tries=$((tries + 1))
    if [ "$tries" -eq 100 ]; then kill -KILL "$pid"; fi
    if [ "$tries" -gt 150 ]; then break; fi
    sleep 0.02
  done
}

give_up() {
  why=$(grep -v '^tcpdump: data link type' "$dir/said" | tail -n 2 | tr '\n' ' ')
  end_it
  rm -rf "$dir"
  refuse "tcpdump does not listen: $why"
}

start() {
  limit_s=$1 packets=$2 snap_bytes=$3 most_bytes=$4 pods=$5
  shift 5
  command -v tcpdump >/dev/null || refuse "tcpdump not found"
  # What killed harnesses left: each tcpdump ended at its own limit.
  find "$all" -mindepth 1 -maxdepth 1 -mmin +60 -exec rm -rf {} + 2>/dev/null
  mkdir -p "$all" && mkdir "$dir" || exit 1
  printf '%s\n' "$pods" | grep . >"$dir/pods"
  section clock
  date -u +%Y-%m-%dT%H:%M:%S.%NZ
  cut -d' ' -f1 /proc/uptime
  # Immediate mode hands each packet over at once, and -U writes it at once: otherwise packets still in the kernel are
  # lost at the end. tcpdump runs as root, since only root may look into the folder. The packet count keeps the file
  # below its limit; ulimit is the second guard.
  (
    ulimit -f $((most_bytes / 512 + 1))
    exec setsid timeout -k 5 "$limit_s" sh -c 'echo $$ >"$0/pid" && exec tcpdump "$@"' "$dir" \
      -i any -y LINUX_SLL2 -n -U --immediate-mode \
      -Z root -s "$snap_bytes" -c "$packets" -w "$dir/capture.pcap" -- "$@" </dev/null >/dev/null 2>"$dir/said" 9>&-
  ) &
  tries=0
  until grep -q 'listening on' "$dir/said" 2>/dev/null; do
    tries=$((tries + 1))
    if ! kill -0 $! 2>/dev/null || [ "$tries" -gt 500 ]; then
      grep -q 'listening on' "$dir/said" 2>/dev/null || give_up
    fi
    sleep 0.01
  done
  devices
  section end
}

# What the kernel has counted and tcpdump not yet written is on its way: asked (USR1), it says both numbers.
drain() {
  tries=0
  while is_running && [ "$tries" -lt 25 ]; do
    kill -USR1 "$pid"
    sleep 0.02
    if tail -n 1 "$dir/said" | awk '/packets captured,/ { done = $2 >= $5 - $10 } END { exit !done }'; then return; fi
    tries=$((tries + 1))
  done
}

stop() {
  [ -d "$dir" ] || refuse "there is no capture $id here"
  drain
  end_it
  section said
  cat "$dir/said"
  devices
  section pcap
  head -c "$1" "$dir/capture.pcap" | base64 -w 0
  echo
  section end
  rm -rf "$dir"
}

# For what a killed harness left: each would go on to its own limit.
sweep() {
  [ -n "$id" ] || refuse "no mark: these would be everybody's"
  ended=0
  for dir in "$all/$id"*; do
    if ! [ -d "$dir" ]; then continue; fi
    end_it
    rm -rf "$dir"
    ended=$((ended + 1))
  done
  echo "ended $ended"
}

case $what in
start) start "$@" ;;
stop) stop "$@" ;;
sweep) sweep ;;
esac
