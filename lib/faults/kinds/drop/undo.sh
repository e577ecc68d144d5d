# Deletes the table. $1 its name.
set -eu
tables=$(nft list tables)
if printf "%s\n" "$tables" | grep -qxF "table inet $1"; then
  nft delete table inet "$1"
  echo undone
else
  echo nothing-to-undo
fi
