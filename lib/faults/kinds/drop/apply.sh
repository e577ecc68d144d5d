# $1 the table, as nft reads it. nft carries it out as one transaction.
printf "%s" "$1" | nft -f -
