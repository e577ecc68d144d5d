# Part of the prober (prober.pl): reads its request, which lib/probes/request.ts writes.
my @words = @ARGV;

# Returns a word of the request that must be a number; $at is its index.
sub number {
  my ($word, $at) = @_;
  refuse("not a number: word $at of the request") if ($word // "") !~ /^[0-9]{1,9}$/;
  return $word;
}

# Reads and checks the whole request before any of it runs.
sub read_request {
  refuse("the request was cut") if ($words[0] // "") ne $#words;
  my @attempts;
  for (my $at = 1; $at < @words;) {
    my %attempt = (index => scalar @attempts);
    @attempt{qw(netns_pid resolv_pid bound_s follow_on watch)} = @words[$at .. $at + 4];
    number($attempt{$_}, $at) for qw(netns_pid bound_s follow_on);
    $attempt{$_} ne "-" && number($attempt{$_}, $at) for qw(resolv_pid watch);
    my @cut;
    for ($at += 5; @cut < 2; $at += 1 + @{$cut[-1]}) {
      my $count = number($words[$at], $at);
      push @cut, [@words[$at + 1 .. $at + $count]];
    }
    @attempt{qw(argv follow)} = @cut;
    refuse("not a probe: attempt $attempt{index}")
      if ($cut[0][0] // "") !~ /^(?:curl|dig|ping)$/ || ($cut[1][0] // "dig") !~ /^(?:dig|unconnected-lookup)$/;
    push @attempts, \%attempt;
  }
  return @attempts;
}
