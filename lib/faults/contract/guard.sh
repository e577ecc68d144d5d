# Every script of a fault begins with this, so that checking and acting are one exec.
#   $1 inode of the network namespace that the script is meant for
#   $2 boot id
#   $3 when process 1 was started, in clock ticks since boot; empty: not known
#   $4 factor applied to every timeout (lib/host/time-scale.ts)
# The script that follows sees its own arguments from $1 on, and these as $netns, $boot, $init and $patience.
# The inode alone is not enough: of four restarts, two gave a container the inode that its namespace had before, since
# the kernel hands out the lowest free number (proc_alloc_inum).
# Process 1's start is field 22 of proc_pid_stat(5); the second field is a name and may hold blanks.
if [ "$(readlink /proc/self/ns/net)" != "net:[$1]" ] ||
  [ "$(cat /proc/sys/kernel/random/boot_id)" != "$2" ] ||
  { [ -n "$3" ] && [ "$(sed 's/.*) //; s/^\([^ ]* \)\{19\}//; s/ .*//' /proc/1/stat)" != "$3" ]; }; then
  echo "faultline: this is not the network namespace the command was meant for" >&2
  exit 97
fi
netns=$1 boot=$2 init=$3 patience=$4
shift 4
