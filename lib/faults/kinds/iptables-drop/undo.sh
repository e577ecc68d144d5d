# Deletes every rule with our mark. The arguments are the rule's words.
said=nothing-to-undo
while [ -n "$number" ]; do
  "$tool" -w 5 -t filter -D "$chain" "$@"
  said=undone
  look
done
echo "$said"
