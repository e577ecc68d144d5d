# Prints the value of the key, then each value that the kernel may change along with it: PATH=VALUE. $1 key.
# Writing a key of `all` or `default` may change the same key of every device and of `default`. Which ones depends:
# - v4's `default`: devices that have no address and were never set (devinet_copy_dflt_conf);
# - ip_forward: all devices, and all/accept_redirects (inet_forward_change in net/ipv4/devinet.c);
# - v6's `all`: it depends on the key (net/ipv6/addrconf.c).
printf "%s\n" "$(norm "$1")"
key=$1 leaf=${1##*/}
case "$key" in
net/ipv4/ip_forward | net/ipv4/conf/all/forwarding)
  leaf=forwarding
  set -- net/ipv4/conf/*/forwarding net/ipv4/conf/all/accept_redirects ;;
net/ipv[46]/conf/all/* | net/ipv[46]/conf/default/*) set -- "${key%/conf/*}"/conf/*/"$leaf" ;;
*) exit 0 ;;
esac
for path; do
  case "$path" in "$key" | */conf/all/"$leaf") continue ;; esac
  number "$path"
  if [ -n "$value" ]; then echo "$path=$value"; fi
done
