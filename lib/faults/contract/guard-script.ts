/** Ours alone, so that no tool's failure is mistaken for the guard. */
export const WRONG_PLACE_EXIT = 97;

/** When process 1 was started, in clock ticks since boot: field 22 of proc_pid_stat(5); the second field is a name and may hold blanks. */
export const INIT_START = String.raw`sed 's/.*) //; s/^\([^ ]* \)\{19\}//; s/ .*//' /proc/1/stat`;

/**
 * Every script of a fault begins with this, so that checking and acting are one exec: $1 is the inode of the network namespace it is meant for,
 * $2 the boot, $3 when process 1 was started (empty: not known), $4 how many times longer than usual a step may take (patience.ts); what follows sees its own arguments from $1 on, and these as
 * $netns, $boot, $init and $patience. The inode alone does not do: a restarted container was
 * seen to get the number that its namespace had had (two restarts of four), since the kernel gives out the lowest that is free (proc_alloc_inum).
 */
export const GUARD = `if [ "$(readlink /proc/self/ns/net)" != "net:[$1]" ] || [ "$(cat /proc/sys/kernel/random/boot_id)" != "$2" ] || { [ -n "$3" ] && [ "$(${INIT_START})" != "$3" ]; }; then
  echo "faultline: this is not the network namespace the command was meant for" >&2
  exit ${WRONG_PLACE_EXIT}
fi
netns=$1 boot=$2 init=$3 patience=$4
shift 4
`;
