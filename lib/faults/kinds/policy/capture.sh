# Prints the chain's policy, or nothing when the chain is not in use.
policy "$1" "$2"
