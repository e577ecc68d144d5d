# Puts a missing rule back.
#   $1 the rule as iptables-save printed it, $2 its number in the chain, $3 "chain" if its target is a chain,
#   $4 the rules ahead of it, nearest last, $5 the rules behind it, nearest first (a line each), then the rule's words.
# The rule's agent takes no lock of ours and may put its own rule back at any moment. Of two equal rules, one is deleted
# by its words.
rule=$1 number=$2 kind=$3 ahead=$4 behind=$5
shift 5

# Prints the rule's number: the prior one if its neighbours are the same; else after the nearest rule ahead of it,
# before the nearest rule behind it, or last.
place() {
  NOW=$rules AHEAD=$ahead BEHIND=$behind awk -v number="$number" 'BEGIN {
    count = split(ENVIRON["NOW"], now, "\n")
    aheads = split(ENVIRON["AHEAD"], ahead, "\n")
    behinds = split(ENVIRON["BEHIND"], behind, "\n")
    if (number <= count + 1 && now[number - 1] == ahead[aheads] && now[number] == behind[1]) { print number; exit }
    for (i = 1; i <= count; i++) last[now[i]] = i
    for (i = aheads; i > 0; i--) if (ahead[i] in last) { print last[ahead[i]] + 1; exit }
    for (i = count; i > 0; i--) first[now[i]] = i
    for (i = 1; i <= behinds; i++) if (behind[i] in first) { print first[behind[i]]; exit }
    print count + 1
  }'
}

look
if [ -z "$there" ]; then
  echo "changed-by-other chain $chain is gone"
  exit 0
fi
if [ "$(copies "$rule")" -eq 0 ] && [ "$kind" = chain ] && [ -z "$leads" ]; then
  echo "changed-by-other chain $target, to which the rule led, is gone"
  exit 0
fi

said=nothing-to-undo
if [ "$(copies "$rule")" -eq 0 ] && ! "$tool" -w 5 -t "$table" -C "$chain" "$@" 2>/dev/null; then
  "$tool" -w 5 -t "$table" -I "$chain" "$(place)" "$@"
  said=undone
fi
# An agent that missed the rule before we put it back adds it a moment later: flannel after 40 to 170 ms.
rounds=0
while [ "$rounds" -lt 10 ]; do
  look
  if [ "$(copies "$rule")" -gt 1 ]; then
    "$tool" -w 5 -t "$table" -D "$chain" "$@" || :
    said=undone
  elif [ "$said" = nothing-to-undo ]; then
    break
  fi
  rounds=$((rounds + 1))
  sleep 0.05
done
echo "$said"
