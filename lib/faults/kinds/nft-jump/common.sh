# Common to the steps of an nft jump, after the guard. $1 family, $2 table, $3 chain, $4 target.
# $rules: the chain's rules with their handles, a line each; $handles: the handles of the jump; $gone: not empty when
# the chain is gone.
set -eu
export LC_ALL=C
family=$1 table=$2 chain=$3 target=$4
look() {
  gone=
  if ! listed=$(nft -a list chain "$family" "$table" "$chain" 2>&1); then
    case $listed in *"No such file or directory"*) gone=yes listed= ;; *) echo "$listed" >&2; exit 1 ;; esac
  fi
  rules=$(printf "%s\n" "$listed" | awk '/ # handle [0-9]+$/ && $1 != "chain" && $1 != "table" { $1 = $1; print }')
  handles=$(printf "%s\n" "$rules" | awk -v target="$target" '$1 == "jump" && $2 == target && $3 == "#" { print $NF }')
}
look
