/** Ours alone, so that no tool's failure is mistaken for the guard. */
export const WRONG_PLACE_EXIT = 97;

/**
 * Every script of a fault begins with this, so that checking and acting are one exec: $1 is the inode of the network namespace it is meant for,
 * $2 the boot; what follows sees its own arguments from $1 on.
 */
export const GUARD = `if [ "$(readlink /proc/self/ns/net)" != "net:[$1]" ] || [ "$(cat /proc/sys/kernel/random/boot_id)" != "$2" ]; then
  echo "faultline: this is not the network namespace the command was meant for" >&2
  exit ${WRONG_PLACE_EXIT}
fi
shift 2
`;
