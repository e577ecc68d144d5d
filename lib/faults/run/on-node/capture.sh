# Reads the prior state for a fault that is to be applied. Refuses where another fault of ours has changed it: this
# fault's undo would then bring that change back.
#   $1 claims (one a line), $2 capture, then its arguments.
claims=$1 capture=$2
shift 2
refuse_if_claimed "$claims"
run_step "$capture" "$@"
