# Part of the prober (prober.pl has the functions it uses): reports a connect that is decided before its timeout. It
# reads the kernel's state of the flow and assumes nothing about timers: /proc/PID/net/tcp counts the retransmitted
# SYNs (state 02 is SYN_SENT). It leaves a flow alone while a neighbour's address is unresolved, because "host
# unreachable" may follow.

# Returns the number of retransmitted SYNs by source port, of the flows in SYN_SENT in the network namespace of PID.
sub connecting {
  my ($pid) = @_;
  my %resent;
  for my $file (qw(tcp tcp6)) {
    open my $rows, "<", "/proc/$pid/net/$file" or next;
    while (my $row = <$rows>) {
      $resent{hex $1} = hex $2 if $row =~ /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 02 \S+ \S+ ([0-9A-F]+) /;
    }
  }
  return \%resent;
}

# Returns the stdout of a command; empty if the command is missing.
sub said_by {
  open my $said, "-|", @_ or return "";
  local $/;
  return <$said> // "";
}

# Returns true if a neighbour is being resolved on the node or in the network namespace of PID.
sub asks_neighbours {
  my ($pid) = @_;
  my @asked = qw(ip neighbour show nud incomplete);
  return said_by(@asked) ne "" || ($pid != $$ && said_by("nsenter", "--net=/proc/$pid/ns/net", "--", @asked) ne "");
}

# Returns the number of packets that this node has discarded since it started, from the kernel's counters: not for
# this node and not to be forwarded, no route, or failed the reverse-path filter. IPv4's counters are a line of names
# and a line of values; IPv6's are a name and a value a line.
sub discarded {
  my $sum = 0;
  for my $file (qw(snmp netstat)) {
    open my $lines, "<", "/proc/$$/net/$file" or next;
    while (my $first = <$lines>) {
      my ($group, @names) = split " ", $first;
      my (undef, @values) = split " ", <$lines> // "";
      for my $at (0 .. $#names) {
        $sum += $values[$at] // 0 if "$group$names[$at]" =~ /^(?:
          Ip:(?:InAddrErrors|InDiscards|OutDiscards|OutNoRoutes) | IpExt:InNoRoutes | TcpExt:IPReversePathFilter
        )$/x;
      }
    }
  }
  open my $lines, "<", "/proc/$$/net/snmp6" or return $sum;
  while (my $line = <$lines>) {
    $sum += $1 if $line =~ /^Ip6(?:InAddrErrors|InDiscards|OutDiscards|InNoRoutes|OutNoRoutes)\s+(\d+)/;
  }
  return $sum;
}

# Returns each watched flow with a retransmitted SYN, with their number and the ms since the last one.
sub sent_again {
  my ($watched, $since, $now_ms) = @_;
  my (%rows, @found);
  for my $flow (@$watched) {
    my $resent = ($rows{$flow->{pid}} //= connecting($flow->{pid}))->{$flow->{port}};
    next if !$resent;
    my $since_ms = $since->{"$flow->{index} $resent"} //= $now_ms;
    push @found, {%$flow, resent => $resent, waited_ms => $now_ms - $since_ms};
  }
  return @found;
}

# Returns true if a connect is certain to time out: after two unanswered SYNs, if conntrack has an entry of the flow
# (`entry`) or the node has discarded as many packets as there were such SYNs; or after three SYNs. Each SYN has had
# time for an answer.
sub is_decided {
  my ($flow, $entry, $lost, $candidates) = @_;
  return $entry ne "" || $lost >= 2 * $candidates || ($flow->{resent} > 1 && $flow->{waited_ms} >= 400);
}

# Writes "INDEX AFTER_MS RESENT DISCARDED CONNTRACK" for each flow once it is decided, as long as its parent process
# lives.
sub watch_connects {
  my ($watched, $begun_ms, $discarded_before, $tell) = @_;
  my ($parent, %since, %reported) = (getppid);
  while (getppid == $parent) {
    select undef, undef, undef, 0.1;
    my $now_ms = up_ms();
    # No kernel retransmits a SYN earlier (initial RTO 1 s, RFC 6298), so a healthy round costs nothing.
    next if $now_ms - $begun_ms <= 1000;
    my @candidates = sent_again([grep { !$reported{$_->{index}} } @$watched], \%since, $now_ms) or next;
    my $lost = discarded() - $discarded_before;
    my $tracked;
    for my $flow (grep { $_->{waited_ms} >= 150 } @candidates) {
      $tracked //= said_by(qw(conntrack -L -p tcp)) . said_by(qw(conntrack -L -f ipv6 -p tcp));
      my $entry = $tracked =~ /^.* SYN_(?:SENT|RECV) .* sport=$flow->{port} dport=.* sport=.*$/m ? $& : "";
      next if !is_decided($flow, $entry, $lost, scalar @candidates) || asks_neighbours($flow->{pid});
      $reported{$flow->{index}} = 1;
      syswrite $tell, join(" ", $flow->{index}, $now_ms - $begun_ms, $flow->{resent}, $lost, base64($entry)) . "\n";
    }
  }
}
