#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# perf's counts in a guest are the host's: what perf stat said in an inner Linux (DIR/figures, of
# guest-figures.sh) against the events of KVM that perf recorded on its host (DIR/perf.data).
#
# An event begins and ends with a question, a CPUID that the host sees, so that what lies between
# is known to the exit. perf may end and begin it anew meanwhile: the questions take turns.
use strict;
use warnings;
use List::Util qw(sum0);
use Test::More;

my ($dir) = @ARGV;
$dir or die "usage: guest.t DIR\n";

# Leaves and selectors: include/exitstat_abi.h
my ($FIRST, $SNAPSHOT, $ALL, $THIS) = (0x4ffffff0, 0x4ffffff2, 1 << 30, 1 << 31);

my (%event, %got);
open my $figures, '<', "$dir/figures" or BAIL_OUT("$dir/figures: $!");
while (<$figures>) {
	if (/^event (\S+) leaf=2,(?:reason=(\w+)|all=1)/) {
		$event{defined $2 ? hex $2 : $ALL} = $1;
	} elsif (m{^figure CPU(\d+),(\d+),,exitstat/(\w+)/}) {
		$got{$3}{$1} = $2;
	}
}

my (%vcpus, %wanted);

# What a vCPU has had of an event, less the driver's own.
sub counted {
	my ($v, $name) = @_;
	my $exits = $v->{exits}{$name} // 0;

	return $exits - ($name =~ /^(exits|cpuid)$/ ? $v->{own} : 0);
}

sub on_cpuid {
	my ($thread, $v, $leaf, $index) = @_;
	my $name = $event{$index & ~$THIS};
	my $now;

	$v->{own}++ if $leaf >> 4 == $FIRST >> 4;
	return if $leaf != $SNAPSHOT || !($index & $THIS) || !$name;
	$now = counted($v, $name);
	if (defined(my $then = delete $v->{since}{$name})) {
		$wanted{$name}{$thread} += $now - $then;
	} else {
		$v->{since}{$name} = $now;
	}
}

open my $events, '-|', "perf script -i '$dir/perf.data' --ns -F tid,event,trace 2>/dev/null"
	or BAIL_OUT("perf script: $!");
while (<$events>) {
	my ($thread, $event, $rest) = /^\s*(\d+)\s+kvm:(\w+):\s+(.*)/ or next;
	my $v = $vcpus{$thread} //= { own => 0 };

	if ($event eq 'kvm_exit' && $rest =~ /reason (.*?) rip /) {
		$v->{exits}{$_}++ for lc $1, 'exits';
	} elsif ($rest =~ /^func (\w+) idx (\w+)/) {
		on_cpuid($thread, $v, hex $1, hex $2);
	}
}

unlike(`perf report -i '$dir/perf.data' --stats 2>&1`, qr/LOST.*: *[1-9]/, 'perf has lost no event');
is(scalar keys %event, 5, 'five events');
for my $name (sort values %event) {
	my @got = sort { $a <=> $b } values %{$got{$name}};
	my @wanted = sort { $a <=> $b } values %{$wanted{$name}};

	is("@got", "@wanted", "$name: the guest's perf counts what the host's does, vCPU by vCPU");
}
cmp_ok(sum0(values %{$got{cpuid}}), '>=', 10000, 'and that is not nothing');
done_testing();
