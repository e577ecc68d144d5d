# Prints the label's value, then a line for each of the agent's pods: its name and whether it is Ready.
printf "%s\n" "$(value)"
agents
