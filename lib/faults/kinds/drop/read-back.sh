# Prints the table, or "absent". $1 its name.
# The listing is a command of its own: a listing that fails must not pass for a missing table.
set -eu
tables=$(nft list tables)
if printf "%s\n" "$tables" | grep -qxF "table inet $1"; then nft list table inet "$1"; else echo absent; fi
