# Shows that nft works on the node; prints nothing.
nft list tables >/dev/null
