# Prints the rule's position and what iptables-save says of it: `2 [17:1156] -A INPUT …`.
if [ -n "$number" ]; then printf "%s " "$number"; printf "%s\n" "$rules" | sed -n "$number{p;q}"; fi
