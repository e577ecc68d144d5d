# Reads what is there, for a fault that is to come: never what another fault of ours has put there, since its undo would then bring that back.
#   $1 claims (one a line), $2 capture, then its arguments.
claims=$1 capture=$2
shift 2
refuse_if_claimed "$claims"
run_step "$capture" "$@"
