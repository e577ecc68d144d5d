# Prints every address that a Service or a node has, separated by blanks and newlines.
kube get services --all-namespaces -o \
  'jsonpath={range .items[*]}{.spec.clusterIPs[*]} {.spec.externalIPs[*]} '\
'{.status.loadBalancer.ingress[*].ip}{"\n"}{end}'
kube get nodes -o 'jsonpath={range .items[*]}{.status.addresses[*].address}{"\n"}{end}'
