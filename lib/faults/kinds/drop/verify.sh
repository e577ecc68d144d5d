# Says whether the table is gone. $1 its name.
set -eu
tables=$(nft list tables)
if printf "%s\n" "$tables" | grep -qxF "table inet $1"; then echo "still-in-force table inet $1"; else echo clean; fi
