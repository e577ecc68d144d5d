# Prints the Service's port, address and ipMode. $2 its kind and name.
kube get "$2" --ignore-not-found \
  -o 'jsonpath={.spec.ports[*].port} {.status.loadBalancer.ingress[*].ip} {.status.loadBalancer.ingress[*].ipMode}'
