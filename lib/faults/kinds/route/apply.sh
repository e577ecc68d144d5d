# Adds the route unless it is there. $1 -4 or -6, $2 CIDR, $3 our protocol, $4 type, then the device as ip(8) wants it.
set -eu
family=$1 to=$2 protocol=$3 type=$4
shift 4
there=$(ip "$family" route show table main exact "$to" type "$type" proto "$protocol")
if [ -n "$there" ]; then exit 0; fi
ip "$family" route add "$type" "$to" "$@" table main proto "$protocol"
