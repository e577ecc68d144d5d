# Prints the file as base64, or "absent" without our mark. $1 file, $2 mark.
set -eu
if [ -e "$2" ]; then base64 -w0 <"$1"; else echo absent; fi
