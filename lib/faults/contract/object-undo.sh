# Deletes the object. $2 its kind and name, `service/faultline-ID`.
# `there` is a command of its own, not part of the test: set -e ignores a command that fails within a test, and an API
# server that does not answer must not pass for a deleted object.
there=$(kube get "$2" --ignore-not-found -o name)
if [ -z "$there" ]; then echo nothing-to-undo; exit; fi
kube delete "$2" --ignore-not-found >/dev/null
echo undone
