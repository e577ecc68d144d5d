# Prints "bounced", or how the device is instead.
# $1 device, $2 our mark, then the lines that stay away until someone gives them back.
device=$1 mark=$2
shift 2
find_link "$device"
if [ -z "$link" ]; then echo gone; exit; fi
if ! is_up; then echo down; exit; fi
if ! is_marked "$mark"; then echo "up without our mark"; exit; fi
now=$(goes_with "$device")
back=
for line; do
  if has "$line"; then back="$back; $line"; fi
done
if [ -z "$back" ]; then echo bounced; else echo "up, and back is ${back#; }"; fi
