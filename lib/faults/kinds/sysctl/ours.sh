# Tells our values from those of others. $ours the value we wrote to the key, $before the key's prior value.
# A value alongside ($value, whose prior value is $was) is ours while it is the prior one, the one we wrote, or the one
# that putting the key back gives it. The redirects are always ours.
is_ours() {
  case "$1" in */all/accept_redirects) return ;; esac
  [ "$value" = "$was" ] || [ "$value" = "$ours" ] || [ "$value" = "$before" ]
}
