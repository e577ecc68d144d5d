# Undoes several faults of a node in one exec, in the order given, and continues after a failure.
#   $1 the script that undoes one, then for each fault: how many arguments it takes, and these.
# Prints the output of each after a line "@@ ID EXIT-CODE".
undo=$1
shift

undo_with_first() {
  wanted=$1 left=$(($# - 1))
  shift
  while [ "$left" -gt 0 ]; do
    first=$1
    shift
    if [ "$wanted" -gt 0 ]; then set -- "$@" "$first"; fi
    wanted=$((wanted - 1)) left=$((left - 1))
  done
  sh -c "$undo" faultline "$netns" "$boot" "$init" "$patience" "$@" 2>&1
}

while [ $# -gt 0 ]; do
  said=$(undo_with_first "$@")
  printf '@@ %s %s\n%s\n' "$2" "$?" "$said"
  shift $(($1 + 1))
done
