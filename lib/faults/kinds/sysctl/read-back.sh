# Prints the value. $1 key.
norm "$1"
