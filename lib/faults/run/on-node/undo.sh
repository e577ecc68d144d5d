# Undoes a fault and verifies that; the dead-man has nothing left to do for it afterwards.
#   $1 id, $2 claims (one a line), $3 undo, $4 verify, $5 how many arguments undo has, then these, then verify's.
# Prints "dead-man UPTIME OUTPUT" where that was quicker, then "undo OUTPUT" and "verify OUTPUT".
id=$1 claims=$2 undo=$3 verify=$4 count=$5
shift 5
armed=$(armed_as "$id")
fired=$state/fired/$id

# Runs a script with the first so many of the arguments that follow.
run_with_first() {
  with=$1 wanted=$2 left=$(($# - 2))
  shift 2
  while [ "$left" -gt 0 ]; do
    first=$1
    shift
    if [ "$wanted" -gt 0 ]; then set -- "$@" "$first"; fi
    wanted=$((wanted - 1)) left=$((left - 1))
  done
  run_step "$with" "$@"
}

# Left by an arm that was killed half-way.
rm -rf "$state/new-$id"
if [ -e "$fired" ]; then
  echo "dead-man $(cat "$fired")"
elif [ -z "$armed" ]; then
  uptime_cs >"$state/undone/$id" || exit 1
fi
# The fault is no longer in force, or never was: what looks like it belongs to another fault.
if [ -z "$armed" ] && claimed_by_other "$claims"; then
  rm -f "$fired"
  printf 'undo nothing-to-undo\nverify clean\n'
  exit 0
fi

said=$(run_with_first "$undo" "$count" "$@") || exit $?
echo "undo $said" | head -n 1
shift "$count"
said=$(run_with_first "$verify" $# "$@") || exit $?
echo "verify $said" | head -n 1
# The dead-man keeps a fault that is still in force.
case $said in still-in-force*) exit 0 ;; esac
rm -rf ${armed:+"$armed"}
rm -f "$fired"
