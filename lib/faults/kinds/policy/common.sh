# Common to the steps of a policy fault, after the guard. $1 iptables or ip6tables, $2 chain.
# iptables-save names only chains in use, unlike `iptables -S`, which names a policy for any built-in chain.
set -eu
export LC_ALL=C
policy() {
  saved=$("$1-save" -t filter) || exit 1
  printf "%s\n" "$saved" | awk -v name=":$2" '$1 == name { print $2 }'
}
