# Says whether our route is gone. $1 -4 or -6, $2 CIDR, $3 our protocol, $4 type.
set -eu
left=$(ip "$1" route show table main exact "$2" type "$4" proto "$3")
if [ -z "$left" ]; then echo clean; else echo "still-in-force $left"; fi
