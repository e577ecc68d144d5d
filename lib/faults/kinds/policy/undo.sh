# Puts the policy back while it is the one we set. $3 the policy we set, $4 the prior one.
now=$(policy "$1" "$2")
if [ "$now" = "$4" ]; then echo nothing-to-undo
elif [ "$now" != "$3" ]; then echo "changed-by-other ${now:-chain $2 is gone}"
else
  "$1" -w 5 -t filter -P "$2" "$4"
  echo undone
fi
