# Says whether the key and the values alongside are the prior ones. Arguments as for the undo.
key=$1 ours=$2 before=$3 left='' others=''
shift 3
now=$(norm "$key")
if [ "$now" = "$ours" ] && [ "$now" != "$before" ]; then echo "still-in-force $key = $now"; exit 0; fi
if [ "$now" != "$before" ]; then echo "changed-by-other $now"; exit 0; fi
for pair; do
  path=${pair%=*} was=${pair##*=}
  number "$path"
  if [ -z "$value" ] || [ "$value" = "$was" ]; then continue; fi
  if is_ours "$path"; then left="$left $path = $value"; else others="$others $path = $value"; fi
done
if [ -n "$left" ]; then echo "still-in-force$left"
elif [ -n "$others" ]; then echo "changed-by-other$others"
else echo clean
fi
