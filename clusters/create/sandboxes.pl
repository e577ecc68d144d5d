# Runs on a node. Prints a JSON line per running pod sandbox: namespace, name and the process that holds its network
# namespace. Reads containerd's own bundles (its v2 runtime keeps config.json and init.pid there): crictl is not on
# every node, and the API would use the network under test. It is one process: two per container took 2 s in user-mode
# Linux.
use strict;
use warnings;

my $BUNDLES = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";

# Returns a file's text, empty when its container has ended in the meantime.
sub text_of {
  open(my $file, "<", $_[0]) or return "";
  local $/;
  return <$file> // "";
}

opendir(my $bundles, $BUNDLES) or exit 0;
for my $id (sort readdir $bundles) {
  my ($pid) = text_of("$BUNDLES/$id/init.pid") =~ /^(\d+)\s*$/ or next;
  # Kubernetes names need no JSON escapes; in a quoted text the quotes are escaped and do not match.
  my $config = text_of("$BUNDLES/$id/config.json");
  my %is = $config =~ /"io\.kubernetes\.cri\.(container-type|sandbox-namespace|sandbox-name)"\s*:\s*"([^"\\]*)"/g;
  next if ($is{"container-type"} // "") ne "sandbox" || !$is{"sandbox-namespace"} || !$is{"sandbox-name"};
  print qq({"namespace":"$is{"sandbox-namespace"}","name":"$is{"sandbox-name"}","pid":$pid}\n);
}
