# Prints the name of every NetworkPolicy of the namespace; fails when the API server does not know the kind.
kube get networkpolicies -o name
