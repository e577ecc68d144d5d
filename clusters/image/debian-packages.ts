/** Debian packages of the node's root file system, beyond debootstrap's minbase. The suite pins their versions. */
export const DEBIAN_PACKAGES: readonly string[] = [
  // What a node runs on: init, its bus (systemd-run), the container runtime, the reference CNI plugins.
  ...["systemd", "systemd-sysv", "dbus", "containerd", "runc", "containernetworking-plugins"],
  // What kubeadm, kubelet and kube-proxy call.
  ...["iptables", "nftables", "ipset", "ipvsadm", "conntrack", "ebtables", "iproute2", "ethtool", "socat"],
  // ipset asks /etc/protocols for "tcp" and "udp"; without it kube-proxy fills none of its sets (seen with ipvs).
  "netbase",
  ...["kmod", "util-linux", "mount", "procps", "hostname", "ca-certificates", "openssl", "jq"],
  // What probes, faults and evidence call.
  ...["curl", "bind9-dnsutils", "iputils-ping", "iperf3", "netcat-openbsd", "tcpdump", "traceroute"],
];

/** Debian packages that the registry path adds to kind's own node image. */
export const REGISTRY_PACKAGES: readonly string[] = [
  ...["containernetworking-plugins", "nftables", "ipset", "ipvsadm", "conntrack", "ethtool", "jq"],
  ...["bind9-dnsutils", "iputils-ping", "iperf3", "netcat-openbsd", "tcpdump", "traceroute"],
];
