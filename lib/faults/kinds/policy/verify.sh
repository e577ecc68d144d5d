# Says whether the policy is the prior one. $3 the policy we set, $4 the prior one.
now=$(policy "$1" "$2")
if [ "$now" = "$4" ]; then echo clean
elif [ "$now" = "$3" ]; then echo "still-in-force policy of $2 is $now"
else echo "changed-by-other ${now:-chain $2 is gone}"
fi
