# Adds the jump unless it is there. An agent that rewrites the chain empties it first, so a second jump is there for a
# moment only, and is deleted.
if [ -n "$gone" ]; then echo "changed-by-other chain $chain of table $family $table is gone"; exit; fi
if [ -n "$handles" ]; then echo nothing-to-undo; exit; fi
nft add rule "$family" "$table" "$chain" jump "$target"
look
for handle in $(printf "%s\n" "$handles" | tail -n +2); do
  nft delete rule "$family" "$table" "$chain" handle "$handle"
done
echo undone
