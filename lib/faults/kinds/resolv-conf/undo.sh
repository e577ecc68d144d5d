# Puts the file back while it is the one we wrote. $1 file, $2 mark, $3 our content, $4 prior content, as base64.
if ! [ -e "$2" ]; then echo nothing-to-undo; exit 0; fi
said=undone
if holds "$1" "$3"; then put "$1" "$4"
elif ! holds "$1" "$4"; then said="changed-by-other $(head -n 1 "$1")"
fi
renew
rm -f "$2"
echo "$said"
