# Gives the device our MAC address and marks it, in one message to the kernel. $1 device, $2 our mark.
ip link set dev "$1" address "$our_mac" alias "$2"
