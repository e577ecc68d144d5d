# Inserts the rule unless it is there. The arguments are the rule's words.
if [ -z "$number" ]; then "$tool" -w 5 -t filter -I "$chain" 1 "$@"; fi
