# Runs on a node: bash -c THIS prober NONCE WORD…, the attempts as words (lib/probes/request.ts writes them). With watch-connects.sh it is one constant: data
# comes as arguments and is only ever an element of an argv. All attempts run side by side, each in its network namespace, and each
# prints one frame as it ends (lib/probes/frames.ts reads them). Tool output goes as base64: any bytes survive, and nothing a
# probed server says can look like a frame. Needs bash 5, coreutils and util-linux.
set -u
export LC_ALL=C
nonce=$1

# The clock that nobody sets, to 10 ms; the wall clock is for labels only.
up_ms() {
  read -r REPLY _ </proc/uptime
  REPLY=$((10#${REPLY/./} * 10))
}

die() {
  printf '\n%s error %s\n' "$nonce" "$1"
  exit 2
}

# frame NAME JSON: the lock keeps frames of attempts that end together apart; the checksum tells a cut one.
frame() {
  local sum
  sum=$(printf '%s' "$2" | sha256sum)
  exec {lock}>"$dir/lock"
  flock "$lock"
  printf '\n%s begin %s\n%s\n%s end %s %s\n' "$nonce" "$1" "$2" "$nonce" "$1" "${sum%% *}"
  exec {lock}>&-
}

# The first and last 8 KiB: curl's own last words are at the end, and a server's endless headers in between.
capped() {
  local size
  size=$(stat -c %s "$1")
  if ((size <= 16384)); then
    base64 -w 0 "$1"
  else
    { head -c 8192 "$1" && printf '\n[cut]\n' && tail -c 8192 "$1" | sed 1d; } | base64 -w 0
  fi
}

# Reads everything, keeps 16 KiB: the tool never meets a closed pipe, and the disk is never filled.
keep_start() {
  head -c 16384
  cat >/dev/null
}

# SERVER NAME TYPE: one DNS query from an unconnected UDP socket, which sees a reply whoever sends it. dig 9.18 connects its socket, so
# the kernel hides such a reply from it. Says so in the words of dig 9.16 and before; says nothing without a reply within 1 s.
# shellcheck disable=SC2016
unconnected_lookup='
use strict; use Socket qw(:DEFAULT inet_pton inet_ntop pack_sockaddr_in6 unpack_sockaddr_in6);
my ($server, $name, $type) = @ARGV;
my $v6 = $server =~ /:/; my $family = $v6 ? AF_INET6 : AF_INET;
my $address = inet_pton($family, $server) or die "not an address\n";
socket(my $socket, $family, SOCK_DGRAM, 0) or die "socket: $!\n";
my $labels = join "", map { pack "C/a*", $_ } split /\./, $name;
my $query = pack("n6", $$ & 0xffff, 0x100, 1, 0, 0, 0) . $labels . "\0" . pack("nn", $type eq "AAAA" ? 28 : 1, 1);
send($socket, $query, 0, $v6 ? pack_sockaddr_in6(53, $address) : pack_sockaddr_in(53, $address)) or die "send: $!\n";
vec(my $readable = "", fileno($socket), 1) = 1;
select($readable, undef, undef, 1) or exit;
my $from = recv($socket, my $reply, 4096, 0) or die "recv: $!\n";
my ($port, $source) = $v6 ? unpack_sockaddr_in6($from) : unpack_sockaddr_in($from);
exit if substr($reply, 0, 2) ne substr($query, 0, 2);
exit if $source eq $address && $port == 53;
printf ";; reply from unexpected source: %s#%d, expected %s#53\n", inet_ntop($family, $source), $port, $server;
'

# in_place BOUND_S ARGV…: the tool in the attempt's network namespace, killed after BOUND_S whatever it does.
in_place() {
  local bound_s=$1
  shift
  local -a place=(timeout -k 1 "$bound_s")
  # 1 is the node, and that is here: entering needs a capability that a container that is no node lacks.
  [[ $netns_pid == 1 ]] || place+=(nsenter --net="/proc/$netns_pid/ns/net" --)
  if [[ -e $dir/$index.resolv ]]; then
    # A mount cannot come from another mount namespace, hence the copy.
    place+=(unshare --mount -- bash -c 'mount --bind -- "$1" /etc/resolv.conf && shift && exec "$@"' prober "$dir/$index.resolv")
  fi
  # Always in a process of its own (a pipe), which so becomes the tool's.
  echo "$BASHPID" >"$dir/$index.pid"
  exec "${place[@]}" "$@" </dev/null
}

attempt() {
  local started_us=${EPOCHREALTIME/./} started_ms status early=null
  up_ms
  started_ms=$REPLY
  if [[ ! $resolv_pid =~ ^(-|1)$ ]] && ! cp -- "/proc/$resolv_pid/root/etc/resolv.conf" "$dir/$index.resolv" 2>"$dir/$index.err"; then
    : >"$dir/$index.out"
    status=125
  else
    in_place "$bound_s" "${argv[@]}" 2>"$dir/$index.err" | keep_start >"$dir/$index.out"
    status=${PIPESTATUS[0]}
  fi
  up_ms
  local duration_ms=$((REPLY - started_ms))
  : >"$dir/$index.over"
  [[ $status == 143 && -e $dir/$index.early ]] && early=$(<"$dir/$index.early")
  if ((${#follow[@]} > 0)) && [[ $status == "$follow_on" ]]; then
    printf '\nprober: asked again\n' >>"$dir/$index.err"
    [[ ${follow[0]} == dig ]] || follow=(perl -e "$unconnected_lookup" -- "${follow[@]:1}")
    in_place 4 "${follow[@]}" 2>&1 | keep_start >>"$dir/$index.err"
  fi
  frame "$index" "{\"index\":$index,\"exitCode\":$status,\"startedAtMs\":$((started_us / 1000)),\"durationMs\":$duration_ms,\"early\":$early,\
\"stdout\":\"$(capped "$dir/$index.out")\",\"stderr\":\"$(capped "$dir/$index.err")\"}"
}

# How late the latest of the ticks due every 100 ms came: a machine that stood still makes time-outs that the network did not.
ticker() {
  local last_ms late_ms worst_ms=0 waited_us
  pressure_us
  waited_us=$REPLY
  up_ms
  last_ms=$REPLY
  # Ends with the prober, however that ends: $$ is the prober here too. The bell only wakes it: a read whose time-out ends just as the bell
  # rings has swallowed the ring and says that it timed out (seen under load: one round in about 100 hung), so what ends it is the file.
  while [[ ! -e $dir/done ]] && kill -0 $$ 2>/dev/null; do
    read -r -t 0.1 _ <&"$bell"
    up_ms
    late_ms=$((REPLY - last_ms - 100))
    last_ms=$REPLY
    ((late_ms > worst_ms)) && worst_ms=$late_ms
  done
  pressure_us
  echo "\"worstGapMs\":$worst_ms,\"waitedMs\":$(((REPLY - waited_us) / 1000))" >"$dir/ticker"
}

# For how long somebody on this machine has waited for a CPU since it started, all told (kernel Documentation/accounting/psi); 0 where the kernel does not count it.
pressure_us() {
  REPLY=0
  [[ -r /proc/pressure/cpu ]] && read -r _ _ _ _ REPLY </proc/pressure/cpu
  REPLY=${REPLY#total=}
}

number() { [[ $1 =~ ^[0-9]{1,9}$ ]] || die "not a number: word $at of the request"; }

words=("${@:2}")
[[ ${words[0]:-} == "$((${#words[@]} - 1))" ]] || die "the request was cut"
dir=$(mktemp -d) || die "no temporary directory"
# timeout(1) signals its child and then the whole group: the second signal must not hit the rm.
trap 'trap "" HUP INT TERM PIPE; rm -rf -- "$dir"' EXIT
trap 'trap "" HUP INT TERM PIPE; exit 143' HUP INT TERM PIPE
mkfifo "$dir/bell" || die "no fifo"
exec {bell}<>"$dir/bell"
# Nobody ever writes to this one: a pause without a process.
mkfifo "$dir/rest" || die "no fifo"
exec {rest}<>"$dir/rest"

# Reads the request from the start and calls $1 for each attempt: first to check all, so that a bad request runs nothing.
each_attempt() {
  index=0 at=1
  while ((at < ${#words[@]})); do
    netns_pid=${words[at]} resolv_pid=${words[at + 1]} bound_s=${words[at + 2]} follow_on=${words[at + 3]} watch=${words[at + 4]}
    number "$netns_pid"
    [[ $resolv_pid == - ]] || number "$resolv_pid"
    number "$bound_s"
    [[ $watch == - ]] || number "$watch"
    number "${words[at + 5]}"
    argv=("${words[@]:at + 6:words[at + 5]}")
    ((at += 6 + words[at + 5]))
    number "${words[at]}"
    follow=("${words[@]:at + 1:words[at]}")
    ((at += 1 + words[at]))
    [[ ${argv[0]-} =~ ^(curl|dig|ping)$ && ${follow[0]-dig} =~ ^(dig|unconnected-lookup)$ ]] || die "not a probe: attempt $index"
    "$1"
    ((index += 1))
  done
}

start() {
  if [[ $watch != - ]]; then
    watched_port[index]=$watch watched_pid[index]=$netns_pid
    # Here it is, whatever its number: in a container that is no node, 1 may be another's.
    [[ $netns_pid == 1 ]] && watched_pid[index]=$$
  fi
  attempt &
  pids+=($!)
}

each_attempt :
ticker >/dev/null &
ticker_pid=$!
pids=() watched_port=() watched_pid=()
each_attempt start
if ((${#watched_port[@]} > 0)); then watch_connects >/dev/null & fi
((${#pids[@]} == 0)) || wait "${pids[@]}"
: >"$dir/done"
echo >&"$bell"
wait "$ticker_pid"
frame close "{\"count\":$index,$(<"$dir/ticker")}"
