# Prints the policy's name, or nothing when it is gone. $2 its kind and name.
kube get "$2" --ignore-not-found -o name
