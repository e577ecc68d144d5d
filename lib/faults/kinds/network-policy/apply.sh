# Creates the policy. $2 the object.
printf "%s" "$2" | kube apply -f - >&2
