# Prints the file as base64. $1 file.
set -eu
base64 -w0 <"$1"
