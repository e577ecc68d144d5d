# Labels the node, then waits until the agent's pods have left it. $4 the fault's id.
kube label node "$node" "$label=$4" --overwrite >&2
until_says 9 agents ""
