# Part of the prober (prober.pl): writes its output, which lib/probes/frames.ts reads.
my $nonce = shift;

# Like MIME::Base64, which perl-base lacks, as it lacks Digest.
sub base64 {
  my $coded = join "", map { substr $_, 1 } split /\n/, pack "u", $_[0];
  $coded =~ tr{` -_}{AA-Za-z0-9+/};
  my $padding = (3 - length($_[0]) % 3) % 3;
  substr($coded, -$padding) = "=" x $padding if $padding;
  return $coded;
}

# CRC-32 as in zlib: detects a cut or garbled frame.
my @crc = map { my $c = $_; $c = $c & 1 ? 0xEDB88320 ^ $c >> 1 : $c >> 1 for 1 .. 8; $c } 0 .. 255;
sub crc32 {
  my $c = 0xFFFFFFFF;
  $c = $crc[($c ^ $_) & 255] ^ $c >> 8 for unpack "C*", $_[0];
  return sprintf "%08x", $c ^ 0xFFFFFFFF;
}

# Prints why the prober runs none of the request, and exits with 2.
sub refuse {
  print "\n$nonce error $_[0]\n";
  exit 2;
}

# Prints `NONCE begin NAME`, one line of JSON, `NONCE end NAME CRC`.
sub frame {
  my ($name, $body) = @_;
  print "\n$nonce begin $name\n$body\n$nonce end $name ", crc32($body), "\n";
}

# Returns the first and last 8 KiB in base64: curl's message is at the end, a server's endless headers are in between.
sub capped {
  my ($text) = @_;
  return base64($text) if length $text <= 16384;
  return base64(substr($text, 0, 8192) . "\n[cut]\n" . substr($text, -8192) =~ s/^[^\n]*\n//r);
}

