# Common to the steps of a rule fault, after the guard.
#   $1 iptables or ip6tables, $2 table, $3 chain, $4 the rule's target.
set -eu
set -f
export LC_ALL=C
tool=$1 table=$2 chain=$3 target=$4
shift 4

# $there: the chain, unless it is gone; $leads: the chain of the rule's target, where the target is a chain; $rules: the
# chain's rules, a line each, as iptables-save prints them.
look() {
  saved=$("$tool-save" -t "$table") || exit 1
  there=$(printf '%s\n' "$saved" | awk -v name=":$chain" '$1 == name')
  leads=$(printf '%s\n' "$saved" | awk -v name=":$target" '$1 == name')
  rules=$(printf '%s\n' "$saved" | awk -v name="$chain" '$1 == "-A" && $2 == name')
}

# Prints how many times the rule $1 is in the chain.
copies() {
  printf '%s\n' "$rules" | grep -cxF -e "$1" || :
}
