# Sets the device down and marks it, in one message to the kernel: it is never down without the mark.
# $1 device, $2 our mark.
ip link set dev "$1" down alias "$2"
