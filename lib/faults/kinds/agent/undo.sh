# Takes the label off and waits until the agent is Ready: the next step needs it. $4 the fault's id.
now=$(value)
if [ -z "$now" ]; then echo nothing-to-undo; exit; fi
if [ "$now" != "$4" ]; then echo "changed-by-other label $label is $now"; exit; fi
kube label node "$node" "$label-" >&2
until_says 9 agents " True$"
echo undone
