# Creates the Service, then its status, which is a resource of its own that `apply` leaves alone.
# $2 the object, $3 its kind and name, $4 its status.
printf "%s" "$2" | kube apply -f - >&2
kube patch "$3" --subresource status --type merge -p "$4" >&2
