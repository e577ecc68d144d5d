# Prints the label's value, whether the node is Ready, then a line for each of the agent's pods.
printf "%s\n" "$(value)"
kube get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}{"\n"}'
agents
