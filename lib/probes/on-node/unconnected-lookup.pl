# SERVER NAME TYPE: sends one DNS query from an unconnected UDP socket, which receives a reply from any address. dig
# 9.18 connects its socket, so the kernel hides such a reply from it. Reports it in the words of dig 9.16 and older;
# prints nothing without a reply within 1 s.
use strict;
use Socket qw(:DEFAULT inet_pton inet_ntop pack_sockaddr_in6 unpack_sockaddr_in6);
my ($server, $name, $type) = @ARGV;
my $v6 = $server =~ /:/;
my $family = $v6 ? AF_INET6 : AF_INET;
my $address = inet_pton($family, $server) or die "not an address\n";
socket(my $socket, $family, SOCK_DGRAM, 0) or die "socket: $!\n";
my $labels = join "", map { pack "C/a*", $_ } split /\./, $name;
my $query = pack("n6", $$ & 0xffff, 0x100, 1, 0, 0, 0) . $labels . "\0" . pack("nn", $type eq "AAAA" ? 28 : 1, 1);
send($socket, $query, 0, $v6 ? pack_sockaddr_in6(53, $address) : pack_sockaddr_in(53, $address)) or die "send: $!\n";
vec(my $readable = "", fileno($socket), 1) = 1;
select($readable, undef, undef, 1) or exit;
my $from = recv($socket, my $reply, 4096, 0) or die "recv: $!\n";
my ($port, $source) = $v6 ? unpack_sockaddr_in6($from) : unpack_sockaddr_in($from);
exit if substr($reply, 0, 2) ne substr($query, 0, 2);
exit if $source eq $address && $port == 53;
printf ";; reply from unexpected source: %s#%d, expected %s#53\n", inet_ntop($family, $source), $port, $server;
