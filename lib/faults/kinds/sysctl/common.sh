# Common to the steps of a sysctl fault, after the guard. Keys are paths under /proc/sys.
set -eu
cd /proc/sys
# Prints the value in file $1 with its blanks as single spaces.
norm() { tr -s "[:space:]" " " <"$1" | sed "s/ $//"; }
# Reads file $1 into $value, which is empty when the file is gone: its device may have been deleted meanwhile.
number() { value=$(cat "$1" 2>/dev/null) || value=; }
