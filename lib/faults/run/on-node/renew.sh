# Extends a fault's lease, and starts another dead-man if that was killed.
#   $1 id, $2 lease (s), $3 the dead-man. Prints "renewed", or "gone" when the fault is no longer armed.
armed=$(armed_as "$1")
if [ -z "$armed" ]; then
  echo gone
  exit 0
fi
until=$(cat "$armed/until") expires=$(($(uptime_cs) + $2 * 100))
if [ "$expires" -gt "$until" ]; then expires=$until; fi
write_number "$armed/expires" "$expires" || exit 1
start_dead_man "$3"
echo renewed
