# Puts the key back, and the values alongside. $1 key, $2 what we wrote, $3 the prior value, then the values alongside:
# PATH=VALUE. A value that someone else set alongside is set again: writing the key may hide it.
key=$1 ours=$2 before=$3 others='' said=nothing-to-undo
shift 3
now=$(norm "$key")
if [ "$now" != "$before" ] && [ "$now" != "$ours" ]; then echo "changed-by-other $now"; exit 0; fi
for pair; do
  shift
  path=${pair%=*} was=${pair##*=}
  number "$path"
  if [ -z "$value" ]; then continue; fi
  if is_ours "$path"; then value=$was; else others="$others $path = $value"; fi
  set -- "$@" "$path=$value"
done
if [ "$now" != "$before" ]; then printf "%s\n" "$before" >"$key"; said=undone; fi
for pair; do
  path=${pair%=*} wanted=${pair##*=}
  number "$path"
  if [ -n "$value" ] && [ "$value" != "$wanted" ]; then echo "$wanted" >"$path"; said=undone; fi
done
if [ -n "$others" ]; then echo "changed-by-other$others"; else echo "$said"; fi
