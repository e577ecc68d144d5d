# Prints the last lines of the agents that own parts of a node's network: $1 the CNI's name. First the time now, then
# "TIME NAME: LINE" without what else the container runtime puts before a line (stream, tag).
date -u +%Y-%m-%dT%H:%M:%S.%NZ
for folder in /var/log/pods/*"$1"* /var/log/pods/kube-system_kube-proxy-*; do
  [ -d "$folder" ] || continue
  name=${folder##*/} name=${name#*_}
  tail -q -c 16384 "$folder"/*/*.log 2>/dev/null | tail -n 5 | awk -v name="${name%%_*}" '{ time = $1; $1 = $2 = $3 = ""; sub(/^ +/, ""); print time " " name ": " $0 }'
done
