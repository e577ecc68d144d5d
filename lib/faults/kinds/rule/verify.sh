# Says whether the rule is in the chain exactly once. $1 the rule, $2 "chain" if it leads to one.
look
count=$(copies "$1")
if [ -z "$there" ]; then echo "changed-by-other chain $chain is gone"
elif [ "$count" -eq 1 ]; then echo clean
elif [ "$count" -gt 1 ]; then echo "still-in-force $count times: $1"
elif [ "$2" = chain ] && [ -z "$leads" ]; then echo "changed-by-other chain $target is gone"
else echo "still-in-force not there: $1"
fi
