# Puts the selector back while it is the one we wrote. $3 our selector, $4 the prior one.
now=$(get "$1" "$2")
if [ "$now" = "$4" ]; then echo nothing-to-undo; exit 0; fi
if [ "$now" != "$3" ]; then echo "changed-by-other $now"; exit 0; fi
kubectl --kubeconfig /etc/kubernetes/admin.conf -n "$1" patch service "$2" --type json -p \
  "[{\"op\":\"test\",\"path\":\"/spec/selector\",\"value\":$3},\
{\"op\":\"replace\",\"path\":\"/spec/selector\",\"value\":$4}]" >&2
echo undone
