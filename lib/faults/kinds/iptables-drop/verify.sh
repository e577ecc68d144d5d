# Says whether a rule with our mark is left.
if [ -z "$number" ]; then echo clean; else echo "still-in-force rule $number of $chain carries our mark $mark"; fi
