# Says whether the device is up and has everything that went with it. $1 device, $2 our mark, then those lines.
# The undo takes the mark off only when everything is there, so someone else removed what is missing without the mark.
device=$1 mark=$2
shift 2
find_link "$device"
if [ -z "$link" ]; then echo "changed-by-other $device is gone"; exit; fi
if is_marked "$mark"; then echo "still-in-force $device carries our mark $mark"; exit; fi
if ! is_up; then echo "changed-by-other $device is down without our mark"; exit; fi
now=$(goes_with "$device")
missing=
for line; do
  if ! has "$line"; then missing="$missing; $line"; fi
done
if [ -z "$missing" ]; then echo clean; else echo "changed-by-other $device is up, not there: ${missing#; }"; fi
