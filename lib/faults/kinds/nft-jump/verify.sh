# Says whether the chain has exactly one jump.
count=$(printf "%s\n" "$handles" | grep -c . || :)
if [ -n "$gone" ]; then echo "changed-by-other chain $chain of table $family $table is gone"
elif [ "$count" -eq 1 ]; then echo clean
else echo "still-in-force $count jumps to $target in $chain, not one"
fi
