# Part of the prober (prober.pl): how it speaks. lib/probes/frames.ts reads it.
my $nonce = shift;

# As MIME::Base64 would: that and Digest are not in perl-base.
sub base64 {
  my $coded = join "", map { substr $_, 1 } split /\n/, pack "u", $_[0];
  $coded =~ tr{` -_}{AA-Za-z0-9+/};
  my $padding = (3 - length($_[0]) % 3) % 3;
  substr($coded, -$padding) = "=" x $padding if $padding;
  return $coded;
}

# CRC-32 as zlib has it: tells a frame that was cut or garbled.
my @crc = map { my $c = $_; $c = $c & 1 ? 0xEDB88320 ^ $c >> 1 : $c >> 1 for 1 .. 8; $c } 0 .. 255;
sub crc32 {
  my $c = 0xFFFFFFFF;
  $c = $crc[($c ^ $_) & 255] ^ $c >> 8 for unpack "C*", $_[0];
  return sprintf "%08x", $c ^ 0xFFFFFFFF;
}

# Why none of the request is run.
sub refuse {
  print "\n$nonce error $_[0]\n";
  exit 2;
}

# `NONCE begin NAME`, one line of JSON, `NONCE end NAME CRC`.
sub frame {
  my ($name, $body) = @_;
  print "\n$nonce begin $name\n$body\n$nonce end $name ", crc32($body), "\n";
}

# The first and last 8 KiB: curl's own last words are at the end, and a server's endless headers in between.
sub capped {
  my ($text) = @_;
  return base64($text) if length $text <= 16384;
  return base64(substr($text, 0, 8192) . "\n[cut]\n" . substr($text, -8192) =~ s/^[^\n]*\n//r);
}

