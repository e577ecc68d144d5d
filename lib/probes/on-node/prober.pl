# Runs on a node as perl -e THIS NONCE WORD…, with the attempts as words (lib/probes/request.ts writes them). With
# watch-connects.pl and unconnected-lookup.pl it is one constant: data comes as arguments and only becomes elements of
# an argv. All attempts run concurrently, each in its network namespace, and each prints one frame at its end
# (lib/probes/frames.ts reads them). Tool output is base64, so any bytes survive and no server's text looks like a
# frame. Needs util-linux and perl-base, which every Debian has. It is one process for all attempts: a shell would
# start about ten processes an attempt, which on two cores is most of a scenario's cost.
use Fcntl qw(F_SETFL O_NONBLOCK);
use POSIX qw(:sys_wait_h dup2 setpgid _exit);

$ENV{LC_ALL} = "C";
$| = 1;
# The running tools by process id: the attempt and the output so far.
my %running;
my ($dir, %resolv_conf);
my ($wall_ms, $begun_ms);

# Returns the monotonic clock in ms, precise to 10 ms; the wall clock is for labels only.
sub up_ms {
  open my $uptime, "<", "/proc/uptime" or return 0;
  my ($s) = split " ", <$uptime>;
  return $s =~ s/\.//r * 10;
}

# Reads all available output, so that the tool never writes to a closed pipe; keeps a bounded part of it.
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

# Returns a copy of a process's resolv.conf, because a mount cannot come from another mount namespace. Returns undef
# with $! set if it cannot be read.
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

# Returns the command that enters the attempt's network namespace with its resolv.conf; undef if resolv.conf is
# unreadable.
sub place_of {
  my ($attempt) = @_;
  my @place;
  # 1 is the node itself. Entering it needs a capability that the container `outside` lacks.
  push @place, "nsenter", "--net=/proc/$attempt->{netns_pid}/ns/net", "--" if $attempt->{netns_pid} != 1;
  if ($attempt->{resolv_pid} !~ /^(?:-|1)$/) {
    my $file = resolv_conf($attempt->{resolv_pid}) // return;
    my $mount = 'mount --bind -- "$1" /etc/resolv.conf && shift && exec "$@"';
    push @place, "unshare", "--mount", "--", "sh", "-c", $mount, "prober", $file;
  }
  return \@place;
}

# Starts a tool in its own process group, so that it can be killed with its children.
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
  my %run = (attempt => $attempt, what => $what, until_ms => $until_ms, out => $out, err => $err);
  $running{$pid} = {%run, said => {out => "", err => ""}};
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

# Starts the follow-up of a tool whose exit code does not decide the symptom.
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
  frame($attempt->{index}, "{\"index\":$attempt->{index},\"exitCode\":$status,"
    . "\"startedAtMs\":$started_ms,\"durationMs\":$attempt->{duration_ms},"
    . "\"early\":$ended,\"stdout\":\"" . capped($attempt->{out}) . "\","
    . "\"stderr\":\"" . capped($attempt->{err}) . "\"}");
}

# RUN STATUS: ends a run. Exit codes are those of timeout(1): 124 and 137 for tools that were killed.
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

# Kills tools at their time limit: with TERM first, then with KILL.
sub end_late {
  my $now_ms = up_ms();
  for my $pid (grep { $now_ms >= $running{$_}{until_ms} } keys %running) {
    kill $running{$pid}{ended} ? "KILL" : "TERM", -$pid;
    $running{$pid}{ended} = 1;
    $running{$pid}{until_ms} = $now_ms + 1000;
  }
}

# Ends an attempt that a line of watch_connects reports.
sub end_early {
  my ($index, $after_ms, $resent, $discarded, $conntrack) = split " ", $_[0], 5;
  my ($pid) = grep { $running{$_}{what} eq "tool" && $running{$_}{attempt}{index} == $index } keys %running or return;
  $running{$pid}{attempt}{early} =
    "{\"afterMs\":$after_ms,\"resent\":$resent,\"conntrack\":\"$conntrack\",\"discarded\":$discarded}";
  kill "TERM", -$pid;
}

# Serves the tools until all have ended; `decided` is the output of watch_connects, undef if no connect is watched.
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

# Runs work beside the attempts in a separate process. Returns its output and its process id.
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

# Measures the largest delay of a tick every 100 ms, until the bell's other end closes: a machine that stands still
# makes timeouts that the network did not cause.
sub tick {
  my ($bell, $tell) = @_;
  my ($waited_us, $last_ms, $worst_ms, $rung) = (pressure_us(), up_ms(), 0, 0);
  # A wait that a signal interrupted (-1) is not the end.
  until ($rung > 0) {
    vec(my $bits = "", fileno $bell, 1) = 1;
    $rung = select $bits, undef, undef, 0.1;
    my $now_ms = up_ms();
    my $late_ms = $now_ms - $last_ms - 100;
    ($last_ms, $worst_ms) = ($now_ms, $late_ms > $worst_ms ? $late_ms : $worst_ms);
  }
  syswrite $tell, "\"worstGapMs\":$worst_ms,\"waitedMs\":" . int((pressure_us() - $waited_us) / 1000);
}

# Returns how long processes of this machine have waited for a CPU since it started, in µs (kernel
# Documentation/accounting/psi); 0 if the kernel does not count it.
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
# A second signal must not interrupt the cleanup of the first.
my @ends = qw(HUP INT TERM PIPE);
$SIG{$_} = sub { @SIG{@ends} = ("IGNORE") x @ends; exit 143 } for @ends;
# With a handler, the end of a tool ends the wait for its output.
$SIG{CHLD} = sub { };
END { my $status = $?; leave_nothing(); $? = $status }
$wall_ms = said_by("date", "+%s%3N") + 0;
$begun_ms = up_ms();
my $discarded = discarded();
pipe my $bell, my $ring or refuse("no pipe: $!");
my ($ticks, $ticker) = aside(sub { close $ring; tick($bell, @_) });
start($_) for @attempts;
# 1 means this process's namespace: in the container `outside`, process 1 may be in another one.
my @watched = map { {index => $_->{index}, port => $_->{watch}, pid => $_->{netns_pid} == 1 ? $$ : $_->{netns_pid}} }
  grep { $_->{watch} ne "-" } @attempts;
my ($decided, $watcher) = @watched
  ? aside(sub { close $ring; watch_connects(\@watched, $begun_ms, $discarded, @_) })
  : ();
attend($decided);
kill "TERM", $watcher if $watcher;
close $ring;
my $strain = <$ticks> // "";
# Where process 1 is not an init, no other process reaps them.
waitpid $_, 0 for grep { defined } $watcher, $ticker;
frame("close", "{\"count\":" . @attempts . ",$strain}");
