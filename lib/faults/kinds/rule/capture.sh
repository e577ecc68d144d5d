# Prints the chain, the chain of its target where there is one, and the chain's rules, a line each.
look
printf "%s\n" "$there" "$leads" "$rules"
