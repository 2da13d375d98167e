#!/usr/bin/perl
# Counts what a server sends.
#   relay.pl PORT TO-PORT FILE     hands on each connection to PORT, and adds to FILE how many bytes came back on it
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($port, $to, $file) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "$port: $!";
$SIG{CHLD} = 'IGNORE';

while (my $client = $listener->accept) {
    next if fork;
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $to) or exit;
    my ($select, $received) = (IO::Select->new($client, $server), 0);
    CONNECTION: while (1) {
        for my $from ($select->can_read) {
            my $size = sysread $from, my $bytes, 1 << 18;
            last CONNECTION unless $size;
            $received += $size if $from == $server;
            my $other = $from == $server ? $client : $server;
            while (length $bytes) {
                my $written = syswrite $other, $bytes or last CONNECTION;
                substr $bytes, 0, $written, '';
            }
        }
    }
    open my $counted, '>>', $file or die "$file: $!";
    syswrite $counted, "$received\n";
    exit;
}
