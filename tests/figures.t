#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# The command's figures are the host's: what exitstat said in an inner VM (DIR/figures, of
# figures.sh) against the events of KVM that perf recorded on its host (DIR/perf.data).
# KVM is the way into it that was used: of the module, that event does not show the answers.
#
# The CPUIDs that exitstat executes are among the events, so that what the host had counted
# when the guest got its answer is known to the exit.
use strict;
use warnings;
use JSON::PP;
use List::Util qw(sum0);
use Test::More;

my ($dir, $kvm) = @ARGV;
$kvm or die "usage: figures.t DIR graft|module\n";
my $perf_data = "$dir/perf.data";

# Leaves and selectors: include/exitstat_abi.h
my ($IDENTIFY, $PROPERTIES, $SNAPSHOT, $VMM) = (0x4ffffff0, 0x4ffffff1, 0x4ffffff2, 0x4ffffff5);
my ($ALL_REASONS, $THIS_VCPU) = (1 << 30, 1 << 31);

## What exitstat said: JSON objects

my @said = map { decode_json($_) } `jq -c . '$dir/figures'`;
my %name = map { ($_->{number} & 0xffff) => $_->{reason} }
	map { @{$_->{exits}} } map { @{$_->{scopes}} } @said;

# A run takes one before and one after.
my $wanted = sum0(map { @{$_->{scopes}} * ($_->{report} eq 'run' ? 2 : 1) } @said);

## What the host saw: each thread is a vCPU

my (%vcpus, @readings, %checked);
my ($disorder, $wrong, $after_all) = (0, 0, 0);

# perf ends its events one after the other: once the last reading has begun, some may be missing.
sub note_disorder {
	$disorder++ if @readings < $wanted;
}

# perf's time is from exit to entry.
sub on_entry {
	my ($v, $now) = @_;

	my $exit = $v->{last};

	if ($exit && $exit->{over}++) {
		note_disorder();
	} elsif ($exit) {
		$v->{closed}{$exit->{reason}}++;
		$v->{between}{$_} += $now - $exit->{at} for $exit->{reason}, 'total';
	}
	$v->{entry} = $now;
}

# The work on an exit lies between the entry before it and the exit after it.
sub on_exit {
	my ($v, $now, $reason) = @_;
	my $last = $v->{last};

	note_disorder() if !$v->{entry} || $last && !$last->{over};
	$v->{around}{$last->{reason}} += $now - $last->{entry} if $last;
	$v->{last} = { reason => $reason, at => $now, entry => $v->{entry} };
	$v->{exits}{$_}++ for $reason, 'total';
}

# A vCPU's clock starts with its first entry.
sub on_return {
	my ($v) = @_;
	my $exit = $v->{last} or return;

	# A KVM_RUN without an exit is no return for one.
	return if $exit->{returned}++;
	$v->{vmm}{$_}++ for $exit->{reason}, 'total';
}

# What vCPUs have had of a reason up to now, and how many CPUIDs of exitstat's own.
sub counted {
	my ($reason, $now, @vcpus) = @_;
	my %sum = (own => sum0(map { $_->{own} // 0 } @vcpus));

	for my $what (qw(exits vmm between around)) {
		$sum{$what} = sum0(map { $_->{$what}{$reason} // 0 } @vcpus);
	}
	$sum{past} = $sum{around};
	$sum{around} += $now - $_->{entry}
		for grep { $_->{reason} eq $reason } map { $_->{last} // () } @vcpus;
	$sum{$_} /= 1e9 for qw(between around past);
	return \%sum;
}

sub is_asleep {
	my $exit = shift->{last};

	return !$exit || lc $exit->{reason} eq 'hlt' && !$exit->{over};
}

# Whichever mode has asked: the guest gets what the host has counted. Of the whole VM that is
# certain only while the other vCPUs sleep.
sub check_answer {
	my ($v, $question, $answer, $host) = @_;
	my $scope = $question =~ /^vcpu/ ? 'a vCPU' : 'the VM';

	return if $kvm ne 'graft' || $scope eq 'the VM' && grep { $_ != $v && !is_asleep($_) } values %vcpus;
	$checked{$scope}++;
	return if $answer == $host || $wrong++ >= 10;
	diag("$question: the guest got $answer, the host had counted $host");
}

# A reading starts with these two leaves. Its answers are kept in the order of asking, for
# what CPUID has cost the vCPU is asked for before and after as well.
sub note_leaf {
	my ($v, $leaf) = @_;

	if ($leaf == $PROPERTIES && ($v->{leaf} // 0) == $IDENTIFY) {
		$after_all = @readings == $wanted;
		push @readings, $v->{reading} = {} if !$after_all;
	}
	$v->{leaf} = $leaf;
}

sub on_cpuid {
	my ($v, $now, $leaf, $index, $answer) = @_;
	my $own = $leaf >> 4 == $IDENTIFY >> 4;
	my ($scope, $reason, $what, $counted);

	$v->{own}++ if $own;
	note_leaf($v, $leaf);
	return if $leaf != $SNAPSHOT && $leaf != $VMM || !$v->{reading} || $after_all;
	$v->{reading}{begin} //= $now;
	$v->{reading}{end} = $now;

	$scope = $index & $THIS_VCPU ? 'vcpu' : 'vm';
	$reason = $index & $ALL_REASONS ? 'total' : $name{$index & 0xffff} // 'unknown';
	$what = $leaf == $VMM ? 'vmm' : 'exits';
	$counted = counted($reason, $now, $scope eq 'vcpu' ? $v : values %vcpus);
	check_answer($v, "$scope $what $reason", $answer, $counted->{$what});
	$v->{reading}{scope} = $scope if $reason eq 'total';
	push @{$v->{reading}{"$scope $what $reason"}}, $counted;
}

sub watch {
	open my $events, '-|', "perf script -i '$perf_data' --ns -F tid,time,event,trace 2>/dev/null"
		or BAIL_OUT("perf script: $!");
	while (<$events>) {
		my ($thread, $s, $ns, $event, $rest) =
			/^\s*(\d+)\s+(\d+)\.(\d+):\s+kvm:(\w+):\s+(.*)/ or next;
		my ($v, $now) = ($vcpus{$thread} //= {}, $s * 1_000_000_000 + $ns);

		if ($event eq 'kvm_entry') {
			on_entry($v, $now);
		} elsif ($event eq 'kvm_exit' && $rest =~ /reason (.*?) rip /) {
			on_exit($v, $now, $1);
		} elsif ($event eq 'kvm_userspace_exit') {
			on_return($v);
		} elsif ($rest =~ /^func (\w+) idx (\w+) rax (\w+) rbx (\w+)/) {
			on_cpuid($v, $now, hex $1, hex $2, hex($3) | hex($4) << 32);
		}
	}
	close $events or BAIL_OUT("perf script cannot read $perf_data");
}

## The one against the other

# The answers about a reason that a reading has used.
sub used {
	my ($reading, $what, $reason) = @_;
	my $answers = $reading->{"$reading->{scope} $what $reason"} // [];

	return $answers->[@$answers > 1 ? 1 : 0];
}

# The reasons that exitstat's own CPUIDs count for.
sub is_own {
	return shift =~ /^(cpuid|CPUID|total)$/;
}

# Seconds in a reading, or from one to the next.
sub since {
	my ($before, $after, $what, $reason, $then, $now) = @_;
	my $earlier = $before && used($before, $what, $reason);

	return used($after, $what, $reason)->{$now} - ($earlier ? $earlier->{$then} : 0);
}

# In a reading, or from one to the next; what exitstat has executed itself is left out then.
sub host_count {
	my ($before, $after, $what, $reason) = @_;
	my $now = used($after, $what, $reason);
	my $then = $before && (used($before, $what, $reason) // { own => $now->{own} });
	my $own = $before && $what eq 'exits' && is_own($reason);

	return $now->{$what} - ($before ? $then->{$what} // 0 : 0) -
		($own ? $now->{own} - $then->{own} : 0);
}

sub compare_counts {
	my ($scope, $before, $after, $name) = @_;
	my %got = map { $_->{reason} => "$_->{exits} $_->{vmm}" } @{$scope->{exits}}, $scope->{total};
	my %wanted;

	for my $reason (map { /^$after->{scope} exits (.*)/ ? $1 : () } keys %$after) {
		my $counts = join ' ', map { host_count($before, $after, $_, $reason) } qw(exits vmm);

		$wanted{$reason} = $counts if $counts ne '0 0' || $got{$reason};
	}
	is_deeply(\%got, \%wanted, "$name: exits and returns to the VMM, by reason");
}

# perf's time is from exit to entry, whatever happens meanwhile, and its events lie within the
# host's work; that lies between the entry before and the exit after. From one reading to the next
# the time of exitstat's own CPUIDs is perf's, but left out by exitstat. The states are read first: a
# preemption while the rest is read is not among them.
sub compare_times {
	my ($scope, $before, $after, $name) = @_;
	my ($preempted, $halted) = map { $scope->{states}{$_}{time} } qw(preempted halted);
	my $reading = ($after->{end} - $after->{begin}) / 1e9;
	my @wrong;

	for my $row (@{$scope->{exits}}, $scope->{total}) {
		my $reason = $row->{reason};
		my $time = $row->{time} + $row->{vmmtime};
		my $between = since($before, $after, 'exits', $reason, 'between', 'between');
		my $around = since($before, $after, 'vmm', $reason, 'past', 'around');
		my $away = $preempted + $reading + ($reason =~ /^(hlt|HLT|total)$/ ? $halted : 0);

		next if ($between <= $time + $away || $before && is_own($reason)) &&
			($reason eq 'total' || $time <= $around);
		push @wrong, "$reason: exitstat $time s, perf $between to $around s, $away s away";
	}
	is("@wrong", '', "$name: times");
}

sub compare_all {
	my (@before, @after);

	for my $said (@said) {
		my $n = @{$said->{scopes}};
		my $report = $said->{report};

		@before = $report eq 'run' ? splice @readings, 0, $n : $report eq 'start' ? () : @after;
		@after = splice @readings, 0, $n;
		for my $i (0 .. $n - 1) {
			my $scope = $said->{scopes}[$i];
			my $name = "$report, " . (defined $scope->{cpu} ? "CPU $scope->{cpu}" : 'the VM');

			compare_counts($scope, $before[$i], $after[$i], $name);
			compare_times($scope, $before[$i], $after[$i], $name);
		}
	}
}

# By the same events; perf drops an exit that no entry follows.
sub compare_perf_kvm {
	my %stat = map { /^\s*(\S.*?)\s+(\d+)\s+[\d.]+%/ ? ($1 => $2) : () }
		split /\n/, `perf kvm -i '$perf_data' --host stat report 2>&1`;
	my %closed;

	for my $v (values %vcpus) {
		$closed{$_} += $v->{closed}{$_} for keys %{$v->{closed}};
	}
	is_deeply(\%stat, \%closed, 'perf kvm stat counts the same events, by reason');
}

unlike(`perf report -i '$perf_data' --stats 2>&1`, qr/LOST.*: *[1-9]/,
	'perf has lost no event (if it has: a larger -m in lab/inside/command)');
watch();
is($disorder, 0, 'each exit is followed by an entry, and each entry by an exit');
is(scalar keys %vcpus, 2, 'two vCPUs');
SKIP: {
	skip 'the module answers when KVM has traced its own answer', 3 if $kvm ne 'graft';
	cmp_ok($checked{$_} // 0, '>', 100, "answers about $_, of which the host's counts are known")
		for 'a vCPU', 'the VM';
	is($wrong, 0, 'and they are the same');
}
# On SVM it was asked about a hypervisor as well.
my $nested = $said[0]{reasons} eq 'svm';
is(scalar @said, 13 + $nested, 'exitstat has said all that it was asked to');
compare_all();
SKIP: {
	skip 'no hypervisor in the inner VM', 1 if !$nested;
	ok((grep { $_->{reason} eq 'vmrun' && $_->{exits} > 100 } @{$said[7]{scopes}[0]{exits}}),
		'the hypervisor in the inner VM has run its guests');
}
compare_perf_kvm();
done_testing();
