# Prints every route to the network in the main table. $1 -4 or -6, $2 CIDR.
set -eu
ip "$1" route show table main exact "$2"
