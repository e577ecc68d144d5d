# Prints how many jumps the chain has, or "gone".
if [ -n "$gone" ]; then echo gone; else printf "%s\n" "$handles" | grep -c . || :; fi
