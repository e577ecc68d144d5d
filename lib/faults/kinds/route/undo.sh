# Deletes the route with our protocol. $1 -4 or -6, $2 CIDR, $3 our protocol, $4 type, then the device.
set -eu
family=$1 to=$2 protocol=$3 type=$4
shift 4
there=$(ip "$family" route show table main exact "$to" type "$type" proto "$protocol")
if [ -z "$there" ]; then echo nothing-to-undo; exit 0; fi
ip "$family" route del "$type" "$to" "$@" table main proto "$protocol"
echo undone
