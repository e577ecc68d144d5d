# Runs on a node. Prints a JSON line per pod sandbox that is running here: namespace, name and the process that holds its network namespace.
# Read from containerd's own bundles (its v2 runtime keeps config.json and init.pid there), since asking through crictl needs a tool that not
# every node has, and asking the API would ride on the network under test. In one process: two a container took 2 s in user-mode Linux.
use strict;
use warnings;

my $BUNDLES = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";

# A container may end while it is looked at: what is not there says nothing.
sub text_of {
  open(my $file, "<", $_[0]) or return "";
  local $/;
  return <$file> // "";
}

opendir(my $bundles, $BUNDLES) or exit 0;
for my $id (sort readdir $bundles) {
  my ($pid) = text_of("$BUNDLES/$id/init.pid") =~ /^(\d+)\s*$/ or next;
  # Names of Kubernetes have nothing that JSON would escape; a text that has it in quotes has escaped ones.
  my %is = text_of("$BUNDLES/$id/config.json") =~ /"io\.kubernetes\.cri\.(container-type|sandbox-namespace|sandbox-name)"\s*:\s*"([^"\\]*)"/g;
  next if ($is{"container-type"} // "") ne "sandbox" || !$is{"sandbox-namespace"} || !$is{"sandbox-name"};
  print qq({"namespace":"$is{"sandbox-namespace"}","name":"$is{"sandbox-name"}","pid":$pid}\n);
}
