# Prints "down", or how the device is instead. $1 device, $2 our mark.
find_link "$1"
if [ -z "$link" ]; then echo gone
elif is_up; then echo up
elif is_marked "$2"; then echo down
else echo "down without our mark"
fi
