# After apply.sh: sets the device up again at once. $1 device.
ip link set dev "$1" up
