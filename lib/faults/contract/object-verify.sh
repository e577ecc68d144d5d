# Says whether the object is gone. $2 its kind and name.
left=$(kube get "$2" --ignore-not-found -o name)
if [ -z "$left" ]; then echo clean; else echo "still-in-force $left"; fi
