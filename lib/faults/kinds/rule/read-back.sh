# Prints how many times the rule is in the chain, or "no chain". $1 the rule.
look
if [ -z "$there" ]; then echo "no chain"; else copies "$1"; fi
