# Deletes the jump by its handle.
for handle in $handles; do nft delete rule "$family" "$table" "$chain" handle "$handle"; done
