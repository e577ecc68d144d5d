# Arms the dead-man and applies the fault, in one exec: a fault in force always has an undo of its own on the node.
#   $1 id, $2 lease and $3 longest time in force (s), $4 claims (one a line), $5 the dead-man, $6 undo, $7 apply,
#   $8 how many arguments undo has, then these, then apply's.
id=$1 lease_s=$2 longest_s=$3 claims=$4 dead_man=$5 undo=$6 apply=$7 count=$8
shift 8
now=$(uptime_cs)

for mark in "$state/undone/"*; do
  # Much later than any apply that it could stop.
  if [ -e "$mark" ] && since=$(cat "$mark") && [ $((now - ${since:-0})) -gt 360000 ]; then rm -f "$mark"; fi
done
if [ -e "$state/undone/$id" ] || [ -e "$state/fired/$id" ]; then
  refuse 95 "this fault was undone before it could be applied; it stays so"
fi

refuse_if_claimed "$claims"

new=$state/new-$id
rm -rf "$new"
mkdir "$new" || exit 1
if ! { printf '%s\n' "$undo" >"$new/undo" && sh -n "$new/undo"; }; then
  refuse 93 "the undo could not be kept on the node"
fi
printf '%s\0' "$netns" "$boot" "$init" "$patience" >"$new/args"
while [ "$count" -gt 0 ]; do
  printf '%s\0' "$1" >>"$new/args" || exit 1
  shift
  count=$((count - 1))
done
echo "$claims" >"$new/claims"
if [ "$lease_s" -gt "$longest_s" ]; then lease_s=$longest_s; fi
write_number "$new/expires" $((now + lease_s * 100)) && write_number "$new/until" $((now + longest_s * 100)) || exit 1
mv "$new" "$state/armed/$(printf %015d "$now")-$id" || exit 1
start_dead_man "$dead_man"
run_step "$apply" "$@"
