# Prints our route, or nothing. $1 -4 or -6, $2 CIDR, $3 our protocol, $4 type.
set -eu
ip "$1" route show table main exact "$2" type "$4" proto "$3"
