# Says whether the selector is the prior one. $3 our selector, $4 the prior one.
now=$(get "$1" "$2")
if [ "$now" = "$4" ]; then echo clean
elif [ "$now" = "$3" ]; then echo "still-in-force selector $now"
else echo "changed-by-other $now"
fi
