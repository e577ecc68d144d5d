# Common to the steps of an iptables drop, after the guard. $1 iptables or ip6tables, $2 chain, $3 our mark.
# $rules: the chain's rules, a line each; $number: the position of our rule, empty when it is missing.
set -eu
export LC_ALL=C
tool=$1 chain=$2 mark=$3
shift 3
look() {
  saved=$("$tool-save" -c -t filter) || exit 1
  rules=$(printf "%s\n" "$saved" | awk -v name="$chain" '$2 == "-A" && $3 == name')
  number=$(printf "%s\n" "$rules" | awk -v mark="--comment $mark " 'index($0 " ", mark) { print NR; exit }')
}
look
