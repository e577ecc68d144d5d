# Part of the prober (prober.pl has what it uses): says when a connect is decided before its time-out. What decides is the kernel's own
# account of this one flow, so nothing is assumed of its timers: /proc/PID/net/tcp counts how often the SYN was sent again (state 02 is SYN_SENT).
# A flow that a neighbour's address is still being asked for is left alone: it may yet hear "host unreachable".

# PID: of the flows of its network namespace whose SYN is out, how often it was sent again, by source port.
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

# What a command says; nothing where it is not there.
sub said_by {
  open my $said, "-|", @_ or return "";
  local $/;
  return <$said> // "";
}

# PID: whether a neighbour is being asked for, here or there.
sub asks_neighbours {
  my ($pid) = @_;
  my @asked = qw(ip neighbour show nud incomplete);
  return said_by(@asked) ne "" || ($pid != $$ && said_by("nsenter", "--net=/proc/$pid/ns/net", "--", @asked) ne "");
}

# How many packets this node has thrown away since it started, by the kernel's own counters: not for us and not to be forwarded, no route, wrong way round.
# Those of IPv4 come as a line of names and one of values, those of IPv6 as a name and its value.
sub discarded {
  my $sum = 0;
  for my $file (qw(snmp netstat)) {
    open my $lines, "<", "/proc/$$/net/$file" or next;
    while (my $first = <$lines>) {
      my ($group, @names) = split " ", $first;
      my (undef, @values) = split " ", <$lines> // "";
      for my $at (0 .. $#names) {
        $sum += $values[$at] // 0
          if "$group$names[$at]" =~ /^(?:Ip:(?:InAddrErrors|InDiscards|OutDiscards|OutNoRoutes)|IpExt:InNoRoutes|TcpExt:IPReversePathFilter)$/;
      }
    }
  }
  open my $lines, "<", "/proc/$$/net/snmp6" or return $sum;
  while (my $line = <$lines>) {
    $sum += $1 if $line =~ /^Ip6(?:InAddrErrors|InDiscards|OutDiscards|InNoRoutes|OutNoRoutes)\s+(\d+)/;
  }
  return $sum;
}

# Each flow that has been sent again: with how often, and since when it has been left alone.
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

# Two SYNs without an answer and a node whose conntrack says so, too, or that has thrown away as many packets as there were such SYNs; or three SYNs: each
# with time for an answer that is on its way. `entry` is conntrack's.
sub is_decided {
  my ($flow, $entry, $lost, $candidates) = @_;
  return $entry ne "" || $lost >= 2 * $candidates || ($flow->{resent} > 1 && $flow->{waited_ms} >= 400);
}

# Says "INDEX AFTER_MS RESENT DISCARDED CONNTRACK" of each flow as it is decided, for as long as whoever started it is there.
sub watch_connects {
  my ($watched, $begun_ms, $discarded_before, $tell) = @_;
  my ($parent, %since, %told) = (getppid);
  while (getppid == $parent) {
    select undef, undef, undef, 0.1;
    my $now_ms = up_ms();
    # No kernel sends a SYN again before this (initial RTO 1 s, RFC 6298), so a round without trouble costs nothing.
    next if $now_ms - $begun_ms <= 1000;
    my @candidates = sent_again([grep { !$told{$_->{index}} } @$watched], \%since, $now_ms) or next;
    my $lost = discarded() - $discarded_before;
    my $tracked;
    for my $flow (grep { $_->{waited_ms} >= 150 } @candidates) {
      $tracked //= said_by(qw(conntrack -L -p tcp)) . said_by(qw(conntrack -L -f ipv6 -p tcp));
      my $entry = $tracked =~ /^.* SYN_(?:SENT|RECV) .* sport=$flow->{port} dport=.* sport=.*$/m ? $& : "";
      next if !is_decided($flow, $entry, $lost, scalar @candidates) || asks_neighbours($flow->{pid});
      $told{$flow->{index}} = 1;
      syswrite $tell, join(" ", $flow->{index}, $now_ms - $begun_ms, $flow->{resent}, $lost, base64($entry)) . "\n";
    }
  }
}
