# Replaces the selector. $3 our selector, $4 the prior one.
# The patch carries a test, so the API server compares and swaps in one step.
if [ "$(get "$1" "$2")" = "$3" ]; then exit 0; fi
kubectl --kubeconfig /etc/kubernetes/admin.conf -n "$1" patch service "$2" --type json -p \
  "[{\"op\":\"test\",\"path\":\"/spec/selector\",\"value\":$4},\
{\"op\":\"replace\",\"path\":\"/spec/selector\",\"value\":$3}]" >&2
