# Runs on a node: perl -e THIS NONCE WORD…, the attempts as words (lib/probes/request.ts writes them). With watch-connects.pl and unconnected-lookup.pl
# it is one constant: data comes as arguments and is only ever an element of an argv. All attempts run side by side, each in its network namespace, and each
# prints one frame as it ends (lib/probes/frames.ts reads them). Tool output goes as base64: any bytes survive, and nothing a
# probed server says can look like a frame. Needs util-linux, and of Perl what every Debian has (perl-base): one process for all, since a shell starts some
# ten of them an attempt, which on two cores is most of what a scenario costs.
use Fcntl qw(F_SETFL O_NONBLOCK);
use POSIX qw(:sys_wait_h dup2 setpgid _exit);

$ENV{LC_ALL} = "C";
$| = 1;
# What runs, by process: the attempt, and of this tool what it has said so far.
my %running;
my ($dir, %resolv_conf);
my ($wall_ms, $begun_ms);

# The clock that nobody sets, to 10 ms; the wall clock is for labels only.
sub up_ms {
  open my $uptime, "<", "/proc/uptime" or return 0;
  my ($s) = split " ", <$uptime>;
  return $s =~ s/\.//r * 10;
}

# Everything is read, so that the tool never meets a closed pipe; what is kept has a bound.
sub hear {
  my ($run, $what) = @_;
  my $read;
  while ($read = sysread $run->{$what}, my $bytes, 65536) {
    $run->{said}{$what} .= $bytes;
    my $kept = \$run->{said}{$what};
    if ($what eq "out") { $$kept = substr $$kept, 0, 16384 if length $$kept > 16384 }
    elsif (length $$kept > 65536) { $$kept = substr($$kept, 0, 8192) . substr($$kept, -16384) }
  }
  close delete $run->{$what} if defined $read;
}

# A copy of a process's resolv.conf, since a mount cannot come from another mount namespace. Undefined, with $! set, when it cannot be read.
sub resolv_conf {
  my ($pid) = @_;
  return $resolv_conf{$pid} if $resolv_conf{$pid};
  open my $from, "<", "/proc/$pid/root/etc/resolv.conf" or return;
  until ($dir) {
    my $try = ($ENV{TMPDIR} || "/tmp") . "/faultline-prober-$$-" . int rand 1e9;
    mkdir($try, 0700) ? $dir = $try : $!{EEXIST} || return;
  }
  open my $to, ">", "$dir/$pid" or return;
  print {$to} readline $from;
  close $to or return;
  return $resolv_conf{$pid} = "$dir/$pid";
}

# Where a tool is started: in the attempt's network namespace, with its resolv.conf. Undefined when that cannot be had.
sub place_of {
  my ($attempt) = @_;
  my @place;
  # 1 is the node, and that is here: entering needs a capability that a container that is no node lacks.
  push @place, "nsenter", "--net=/proc/$attempt->{netns_pid}/ns/net", "--" if $attempt->{netns_pid} != 1;
  if ($attempt->{resolv_pid} !~ /^(?:-|1)$/) {
    my $file = resolv_conf($attempt->{resolv_pid}) // return;
    my $mount = 'mount --bind -- "$1" /etc/resolv.conf && shift && exec "$@"';
    push @place, "unshare", "--mount", "--", "sh", "-c", $mount, "prober", $file;
  }
  return \@place;
}

# In a process group of its own, so that it can be ended with all that it started.
sub launch {
  my ($attempt, $what, $bound_s, $place, @argv) = @_;
  pipe my $out, my $out_end or refuse("no pipe: $!");
  pipe my $err, my $err_end or refuse("no pipe: $!");
  my $pid = fork // refuse("no process: $!");
  if (!$pid) {
    setpgid(0, 0);
    $SIG{$_} = "DEFAULT" for qw(HUP INT TERM PIPE CHLD);
    open STDIN, "<", "/dev/null";
    dup2(fileno $out_end, 1);
    dup2(fileno $err_end, 2);
    my @all = (@$place, @argv);
    exec { $all[0] } @all;
    syswrite STDERR, "$all[0]: $!\n";
    _exit(127);
  }
  setpgid($pid, $pid);
  fcntl $_, F_SETFL, O_NONBLOCK for $out, $err;
  my $until_ms = up_ms() + 1000 * $bound_s;
  $running{$pid} = {attempt => $attempt, what => $what, until_ms => $until_ms, out => $out, err => $err, said => {out => "", err => ""}};
}

sub start {
  my ($attempt) = @_;
  $attempt->{since_ms} = up_ms();
  my $place = place_of($attempt);
  return launch($attempt, "tool", $attempt->{bound_s}, $place, @{$attempt->{argv}}) if $place;
  my $why = "resolv.conf of process $attempt->{resolv_pid}: $!\n";
  @$attempt{qw(status duration_ms out err)} = (125, up_ms() - $attempt->{since_ms}, "", $why);
  report($attempt);
}

# A second command, where the first one's exit code leaves open which symptom it is.
sub ask_again {
  my ($attempt) = @_;
  my ($tool, @rest) = @{$attempt->{follow}};
  my @argv = $tool eq "dig" ? ($tool, @rest) : ("perl", "-e", $unconnected_lookup, "--", @rest);
  launch($attempt, "follow-up", 4, place_of($attempt) // [], @argv);
}

sub report {
  my ($attempt) = @_;
  my ($early, $status) = @$attempt{qw(early status)};
  my $ended = $early && $status == 143 ? $early : "null";
  my $started_ms = $wall_ms + $attempt->{since_ms} - $begun_ms;
  frame($attempt->{index}, "{\"index\":$attempt->{index},\"exitCode\":$status,\"startedAtMs\":$started_ms,\"durationMs\":$attempt->{duration_ms},"
    . "\"early\":$ended,\"stdout\":\"" . capped($attempt->{out}) . "\",\"stderr\":\"" . capped($attempt->{err}) . "\"}");
}

# RUN STATUS, as timeout(1) has it: 124 and 137 for those that had to be ended.
sub over {
  my ($run, $wait_status) = @_;
  exists $run->{$_} and hear($run, $_) for qw(out err);
  my ($attempt, $said, $signal) = ($run->{attempt}, $run->{said}, $wait_status & 127);
  if ($run->{what} eq "follow-up") {
    $attempt->{err} .= "\nprober: asked again\n" . substr $said->{out} . $said->{err}, 0, 16384;
    return report($attempt);
  }
  my $status = $signal ? 128 + $signal : $wait_status >> 8;
  $status = $signal == 9 ? 137 : 124 if $run->{ended};
  @$attempt{qw(status duration_ms out err)} = ($status, up_ms() - $attempt->{since_ms}, @$said{qw(out err)});
  return ask_again($attempt) if @{$attempt->{follow}} && $status == $attempt->{follow_on};
  report($attempt);
}

# Killed at its bound whatever it does: asked first, then made to.
sub end_late {
  my $now_ms = up_ms();
  for my $pid (grep { $now_ms >= $running{$_}{until_ms} } keys %running) {
    kill $running{$pid}{ended} ? "KILL" : "TERM", -$pid;
    $running{$pid}{ended} = 1;
    $running{$pid}{until_ms} = $now_ms + 1000;
  }
}

# A line of watch_connects.
sub end_early {
  my ($index, $after_ms, $resent, $discarded, $conntrack) = split " ", $_[0], 5;
  my ($pid) = grep { $running{$_}{what} eq "tool" && $running{$_}{attempt}{index} == $index } keys %running or return;
  $running{$pid}{attempt}{early} = "{\"afterMs\":$after_ms,\"resent\":$resent,\"conntrack\":\"$conntrack\",\"discarded\":$discarded}";
  kill "TERM", -$pid;
}

# Until all attempts are over; `decided` is what watch_connects says, undefined where nothing is watched.
sub attend {
  my ($decided) = @_;
  while (%running) {
    my $bits = "";
    vec($bits, fileno $_, 1) = 1 for grep { defined } $decided, map { @$_{qw(out err)} } values %running;
    if (select(my $ready = $bits, undef, undef, 0.1) > 0) {
      for my $run (values %running) {
        exists $run->{$_} && vec($ready, fileno $run->{$_}, 1) and hear($run, $_) for qw(out err);
      }
      if ($decided && vec($ready, fileno $decided, 1)) {
        if (sysread $decided, my $lines, 65536) { end_early($_) for split /\n/, $lines }
        else { undef $decided }
      }
    }
    while ((my $pid = waitpid -1, WNOHANG) > 0) {
      my $run = delete $running{$pid} or next;
      over($run, $?);
    }
    end_late();
  }
}

# Work beside the attempts, in a process of its own; what it says, and its number.
sub aside {
  my ($work) = @_;
  pipe my $heard, my $tell or refuse("no pipe: $!");
  my $pid = fork // refuse("no process: $!");
  if (!$pid) {
    $SIG{$_} = "DEFAULT" for qw(HUP INT TERM PIPE CHLD);
    open STDOUT, ">", "/dev/null";
    open STDERR, ">", "/dev/null";
    $work->($tell);
    _exit(0);
  }
  return ($heard, $pid);
}

# How late the latest of the ticks due every 100 ms came: a machine that stood still makes time-outs that the network did not. Until nobody can ring any more.
sub tick {
  my ($bell, $tell) = @_;
  my ($waited_us, $last_ms, $worst_ms, $rung) = (pressure_us(), up_ms(), 0, 0);
  # A wait that a signal broke off (-1) is no ring.
  until ($rung > 0) {
    vec(my $bits = "", fileno $bell, 1) = 1;
    $rung = select $bits, undef, undef, 0.1;
    my $now_ms = up_ms();
    my $late_ms = $now_ms - $last_ms - 100;
    ($last_ms, $worst_ms) = ($now_ms, $late_ms > $worst_ms ? $late_ms : $worst_ms);
  }
  syswrite $tell, "\"worstGapMs\":$worst_ms,\"waitedMs\":" . int((pressure_us() - $waited_us) / 1000);
}

# For how long somebody on this machine has waited for a CPU since it started, all told (kernel Documentation/accounting/psi); 0 where the kernel does not count it.
sub pressure_us {
  open my $pressure, "<", "/proc/pressure/cpu" or return 0;
  return (<$pressure> // "") =~ /total=(\d+)/ ? $1 : 0;
}

sub leave_nothing {
  kill "KILL", map { -$_ } keys %running;
  %running = ();
  unlink values %resolv_conf;
  rmdir $dir if $dir;
}

my @attempts = read_request();
# A second signal must not cut short what the first has begun.
my @ends = qw(HUP INT TERM PIPE);
$SIG{$_} = sub { @SIG{@ends} = ("IGNORE") x @ends; exit 143 } for @ends;
# So that the end of a tool ends the wait for what it says.
$SIG{CHLD} = sub { };
END { my $status = $?; leave_nothing(); $? = $status }
$wall_ms = said_by("date", "+%s%3N") + 0;
$begun_ms = up_ms();
my $discarded = discarded();
pipe my $bell, my $ring or refuse("no pipe: $!");
my ($ticks, $ticker) = aside(sub { close $ring; tick($bell, @_) });
start($_) for @attempts;
# 1 is here, whatever its number: in a container that is no node, 1 may be another's.
my @watched = map { {index => $_->{index}, port => $_->{watch}, pid => $_->{netns_pid} == 1 ? $$ : $_->{netns_pid}} } grep { $_->{watch} ne "-" } @attempts;
my ($decided, $watcher) = @watched ? aside(sub { close $ring; watch_connects(\@watched, $begun_ms, $discarded, @_) }) : ();
attend($decided);
kill "TERM", $watcher if $watcher;
close $ring;
my $told = <$ticks> // "";
# Where process 1 is no init, nobody else would ask for their ends.
waitpid $_, 0 for grep { defined } $watcher, $ticker;
frame("close", "{\"count\":" . @attempts . ",$told}");
