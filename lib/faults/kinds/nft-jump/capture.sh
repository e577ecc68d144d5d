# Prints the chain's rules with their handles, or "gone".
if [ -n "$gone" ]; then echo gone; else printf "%s\n" "$rules"; fi
