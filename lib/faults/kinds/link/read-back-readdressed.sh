# Prints "readdressed", or how the device is instead. $1 device, $2 our mark.
find_link "$1"
if [ -z "$link" ]; then echo gone
elif ! is_marked "$2"; then echo "without our mark"
else
  case $link in *" link/ether $our_mac "*) echo readdressed ;; *) echo "of another MAC address than ours by now" ;; esac
fi
