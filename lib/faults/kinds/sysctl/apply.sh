# Writes the value. $1 key, $2 value.
# A value that the kernel rounds is neither ours nor the prior one when it comes to the undo, so it is put back at once.
was=$(norm "$1")
printf "%s\n" "$2" >"$1"
now=$(norm "$1")
if [ "$now" != "$2" ]; then
  printf "%s\n" "$was" >"$1"
  echo "$1 became $now, not $2" >&2
  exit 1
fi
