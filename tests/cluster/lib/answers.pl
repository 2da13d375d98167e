#!/usr/bin/perl
# A server on loopback that answers from files, for what no registry does on demand.
#   answers.pl PORT FOLDER
# FOLDER/<path>.http is an answer as it is sent, without the status line's "HTTP/1.1 ". Where FOLDER/<path>.login stands, only a
# request with that Authorization gets it, and every other FOLDER/<path>.refused.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $folder) = @ARGV;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "$port: $!";
$SIG{CHLD} = 'IGNORE';

sub content {
    open my $file, '<', shift or return;
    local $/;
    return scalar <$file>;
}

while (my $client = $server->accept) {
    next if fork;
    my ($method, $path) = split ' ', (<$client> // '');
    exit unless defined $path and $path =~ m{^/} and $path !~ m{\.\.};
    my $authorization = '';
    while (my $line = <$client>) {
        last if $line =~ /^\s*$/;
        $authorization = $1 if $line =~ /^authorization:\s*(.*?)\s*$/i;
    }
    $path =~ s/\?.*//;
    my $login = content("$folder$path.login");
    my $kind = defined $login && $login ne $authorization ? 'refused' : 'http';
    my $answer = content("$folder$path.$kind") // "404 Not Found\nContent-Type: text/plain\n\n404 page not found\n";
    my ($head, $body) = split /\n\n/, $answer, 2;
    $head =~ s/\n/\r\n/g;
    print $client "HTTP/1.1 $head\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n", $method eq 'HEAD' ? '' : $body;
    exit;
}
