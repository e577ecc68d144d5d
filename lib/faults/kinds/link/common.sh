# Common to the steps of a link fault, after the guard. Prints what goes with a link, a line each, as ip(8) and
# bridge(8) print it, after a word that says how the line is given back.
set -eu
# Lines are split into words, and nothing in them may be expanded.
set -f
export LC_ALL=C
nl='
'
# Locally administered (IEEE 802, second bit of the first octet), so no hardware has it.
our_mac=02:66:6c:74:00:01

# Reads the device as one line into $link, which is empty only when no device has that name.
find_link() {
  if link=$(ip -o link show dev "$1" 2>/dev/null); then return; fi
  ip -o link show >/dev/null || exit 1
  link=
}

is_up() {
  case $link in *[\<,]UP[\>,]*) ;; *) return 1 ;; esac
}

is_marked() {
  case $link\\ in *" alias $1\\"*) ;; *) return 1 ;; esac
}

# Prints the output of a command, blanks squeezed, after the sed expression $2, with $1 in front of each line.
tagged() {
  tag=$1 edit=$2
  shift 2
  printed=$("$@") || exit 1
  printf '%s\n' "$printed" | sed -E -e 's/[\\[:space:]]+/ /g' -e 's/ $//' -e "$edit" -e '/^$/d' -e "s/^/$tag /"
}

# Prints what goes with device $1, in the order in which it can be given back, and the routes of all devices: a line
# shows whether a route is the device's own.
# The MAC address is among the lines because neighbours go with it. Flags that change with the carrier are not part of a
# route. A tentative address (under duplicate address detection) is printed to be refused. Only the kernel makes anycast
# routes, while it forwards.
goes_with() {
  ip -o link show dev "$1" | sed -nE 's/.* link\/ether ([0-9a-f:]+) .*/mac \1/p'
  carrier='s/( (linkdown|dead|offload|trap))+( |$)/\3/g'
  lifetimes='s/ deprecated//;s/ (valid|preferred)_lft forever//g;s/ preferred_lft 0sec/ preferred_lft 0/'
  tagged neighbour 's/ PERMANENT$//' ip neighbour show dev "$1" nud permanent
  tagged proxy 's/ proxy$//' ip -4 neighbour show proxy dev "$1"
  tagged proxy 's/ proxy$//' ip -6 neighbour show proxy dev "$1"
  if [ -n "$(ip -o link show dev "$1" type vxlan)" ]; then
    tagged fdb '/ self .*(permanent|static)$/!d' bridge fdb show dev "$1"
  fi
  tagged route4 "$carrier" ip -4 -o route show table all
  if ! [ -d /proc/sys/net/ipv6 ]; then return; fi
  tagged address "s/^[0-9]+: [^ ]+ inet6 //;$lifetimes;s/^.* tentative/tentative &/" ip -6 -o address show dev "$1"
  tagged route6 "/^anycast .* proto kernel/d;$carrier" ip -6 -o route show table all
}

# Tells whether $1 is one of the lines in $now.
has() {
  case $nl$now$nl in *"$nl$1$nl"*) ;; *) return 1 ;; esac
}
