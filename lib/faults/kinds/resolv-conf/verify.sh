# Says whether the file is the prior one. $1 file, $2 mark, $3 our content, $4 prior content, as base64.
if [ -e "$2" ]; then echo "still-in-force $1 is marked as ours"
elif holds "$1" "$4"; then echo clean
elif holds "$1" "$3"; then echo "still-in-force $1 names our servers"
else echo "changed-by-other $(head -n 1 "$1")"
fi
