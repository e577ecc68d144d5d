# Prints where a command ends up: the inode of its network namespace, the boot id, and when process 1 was started, as
# guard.sh compares them.
readlink /proc/self/ns/net &&
  cat /proc/sys/kernel/random/boot_id &&
  sed 's/.*) //; s/^\([^ ]* \)\{19\}//; s/ .*//' /proc/1/stat
