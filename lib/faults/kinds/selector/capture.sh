# Prints the Service's selector as JSON.
get "$1" "$2"
