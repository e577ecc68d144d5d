# Sets a link up and gives back what went with it.
#   $1 device, $2 our mark, $3 the protocol of our own routes, then the lines that went with it.
# The mark (the device's alias) is removed last: until then there is something to undo, wherever an earlier run stopped.
device=$1 mark=$2 our_protocol=$3
shift 3
find_link "$device"
if [ -z "$link" ]; then
  echo "changed-by-other $device is gone"
  exit 0
fi
if ! is_marked "$mark"; then
  echo nothing-to-undo
  exit 0
fi

# Tells whether a line begins with the words $1 (a neighbour's address, say) but continues in another way. It is called
# for lines that are not there as they were.
taken() {
  case $nl$now in *"$nl$1 "*) echo "File exists" >&2 ;; *) return 1 ;; esac
}

# Adds a route. A route that is another fault of ours keeps its place; the one added behind it shows when that fault is
# undone.
add_route() {
  family=$1
  shift
  ip "$family" route add "$@" && return
  case " $* " in *" table "*) return 1 ;; esac
  ours=$(ip "$family" route show table main exact "$1" proto "$our_protocol" 2>/dev/null)
  [ -n "$ours" ] && ip "$family" route append "$@"
}

# Gives one line back, or leaves it for the next round. The kernel itself makes link-local addresses, and an address's
# own routes once duplicate address detection is over.
give_back() {
  # shellcheck disable=SC2086 # the words of a line
  set -- $1
  tag=$1
  shift
  case $tag in
  # Neighbours go with a MAC address: the next round looks again for those that are there now.
  mac) if has "mac $our_mac"; then ip link set dev "$device" address "$1"; else echo "File exists" >&2; return 1; fi ;;
  neighbour) if taken "$tag $1"; then return 1; else ip neighbour replace "$@" dev "$device" nud permanent; fi ;;
  proxy) ip neighbour replace proxy "$1" dev "$device" ;;
  fdb)
    # The flooding address has many destinations, every other address one.
    case $1 in
    00:00:00:00:00:00 | ?[13579bdf]:*) bridge fdb append "$@" dev "$device" ;;
    *) if taken "$tag $1"; then return 1; else bridge fdb replace "$@" dev "$device"; fi ;;
    esac
    ;;
  route4) add_route -4 "$@" ;;
  address)
    if taken "$tag $1"; then return 1; fi
    case " $* " in *" scope link "*) if [ "$round" -lt 10 ]; then return; fi ;; esac
    if said=$(ip -6 address add "$@" dev "$device" 2>&1); then return; fi
    case $said in *"File exists"*) return ;; *) echo "$said" >&2 ;; esac
    return 1
    ;;
  route6)
    if [ -n "$unsettled" ]; then return; fi
    case " $* " in *" table local proto kernel "*) return ;; esac
    add_route -6 "$@"
    ;;
  esac
}

# One round over all lines. $left: lines that are missing; $others: lines whose place someone else has taken.
try() {
  now=$(goes_with "$device") || exit 1
  left='' others='' why='' unsettled=''
  for line; do
    if has "$line"; then continue; fi
    said=$(give_back "$line" 2>&1) && said=
    case $said in *"File exists"*)
      others="$others; $line"
      continue
      ;;
    esac
    left="$left; $line" why=${said:-$why}
    case $line in "address "*) unsettled=yes ;; esac
  done
}

uptime_s() {
  read -r up _ </proc/uptime
  echo "${up%.*}"
}

ip link set dev "$device" up
# The first rounds give back and look. Lines that are still missing wait for the kernel: for a carrier, or for duplicate
# address detection, some 2 s.
deadline_s=$(($(uptime_s) + 6)) round=0
try "$@"
while [ -n "$left" ] && { [ "$round" -lt 2 ] || [ "$(uptime_s)" -lt "$deadline_s" ]; }; do
  round=$((round + 1))
  if [ "$round" -gt 2 ]; then sleep 0.1; fi
  try "$@"
done
if [ -n "$left" ]; then
  echo "$device is up, but this could not be given back: ${left#; }${why:+ ($why)}" >&2
  exit 1
fi
ip link set dev "$device" alias ""
if [ -n "$others" ]; then echo "changed-by-other ${others#; }"; else echo undone; fi
