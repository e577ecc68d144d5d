# Says whether the label is gone and the agent is Ready. $4 the fault's id.
now=$(value)
if [ "$now" = "$4" ]; then echo "still-in-force label $label"; exit; fi
if [ -n "$now" ]; then echo "changed-by-other label $label is $now"; exit; fi
until_says 10 agents " True$"
said=$(agents)
case "$said " in
*" True "*) echo clean ;;
*) echo "still-in-force the agent is not Ready again: ${said:-no pod}" ;;
esac
