#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# The command's arithmetic against exact arithmetic: recordings of VMs on whom chance has put
# what 4,096 vCPUs may have after ten years, in every way that numbers are printed. SEED in the
# environment repeats a run.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use Math::BigInt;
use Math::BigRat;
use Test::More;

my $build = $ENV{EXITSTAT_BUILD} // dirname($0) . '/../../build';
my $exitstat = $ENV{EXITSTAT} // "$build/exitstat";
my $recording = tempdir(CLEANUP => 1) . '/recording';
my $seed = srand($ENV{SEED} // time);
diag("SEED=$seed repeats this");

my @STATES = qw(guest host vmm halted preempted);
my %NAME = (0x60 => 'interrupt', 0x72 => 'cpuid', 0x78 => 'hlt', 0x7b => 'io', 0x400 => 'npf');
my @REASONS = sort { $a <=> $b } keys %NAME;
my ($SNAPSHOT, $NEXT, $STATE, $VMM) = (0x4ffffff2, 0x4ffffff3, 0x4ffffff4, 0x4ffffff5);
my ($ALL, $THIS_VCPU, $CPUID) = (1 << 30, 1 << 31, 0x72);
my $TWO_64 = Math::BigInt->new(2)->bpow(64);
my $TEN_YEARS = Math::BigInt->new('315360000000000000');	# nanoseconds

sub big { Math::BigInt->new("@_") }

# Below a limit, on every scale alike.
sub chance {
	my ($limit) = @_;
	my $n = big(0);

	$n = $n * 65536 + int rand 65536 for 1 .. 6;
	$n %= $limit if $n >= $limit;
	return $n >> int rand(rand() < 0.5 ? 2 : length($limit->to_bin));
}

## What the host answers: a sample's counters, and the lines of a recording

# A sample and how much of everything came since the one before. Cycles wrap, counts do not.
sub next_sample {
	my ($vm, $last) = @_;
	my %s = (time => $last ? $last->{time} : big(5));
	my $passed = big(0);
	my $limit = $TEN_YEARS * $vm->{vcpus} * $vm->{khz} / 1000000 / @STATES;
	my $add = sub {
		my ($what, $count, $cycles) = @_;
		my ($n, $c) = $last ? @{$last->{counts}{$what}} : (big(0), big(0));

		$s{counts}{$what} = [$n + $count, ($c + $cycles) % $TWO_64];
	};

	$limit = $TWO_64 if $limit > $TWO_64;
	for my $state (@STATES) {
		my $cycles = chance($limit);
		$passed += $cycles;
		$add->($state, chance(big('1000000000000000000')), $cycles);
	}
	for my $what (map { ("exits $_", "vmm $_") } 'all', @REASONS) {
		my $limit = $last ? '1000000000000000000' : '16446744073709551615';
		$add->($what, chance(big($limit)), chance($last ? $TWO_64 >> 1 : $TWO_64));
	}
	$s{time} += $passed * 1000000 / ($vm->{vcpus} * $vm->{khz});
	return \%s;
}

sub halves {
	my ($n) = @_;

	return ($n % (big(1) << 32), $n >> 32);
}

# The answers in the order of asking, which counts the CPUIDs of exitstat's own.
sub print_sample {
	my ($file, $vm, $s) = @_;
	my $line = sub {
		my ($leaf, $ecx, @regs) = @_;
		my ($seconds, $ns) = $s->{time}->copy->bdiv(1000000000);

		printf $file "%s.%09d 0 %08x %08x -> %08x %08x %08x %08x\n", $seconds, $ns, $leaf, $ecx,
			map { "$_" } @regs;
		$vm->{own}++;
	};
	my $count = sub {
		my ($leaf, $ecx, $what) = @_;

		$line->($leaf, $ecx, halves($s->{counts}{$what}[0]), halves($s->{counts}{$what}[1]));
		$s->{own}{$what} = $vm->{own};
	};
	my $cost = sub {
		my ($n) = @_;

		$line->($SNAPSHOT, $THIS_VCPU | $CPUID, halves(big($n)), halves($n * $vm->{cost}));
	};

	$line->(0x4ffffff0, 0, 1, 0x454d564b, 0x53746978, 0x00746174);
	$line->(0x4ffffff1, 0, $vm->{khz}, 0, 2, $vm->{vcpus});
	$cost->(1);
	$count->($SNAPSHOT, $ALL, 'exits all');
	$count->($VMM, $ALL, 'vmm all');
	$count->($STATE, $_, $STATES[$_]) for 0 .. $#STATES;
	my $from = 0;
	for my $reason (@REASONS) {
		$line->($NEXT, $from, $reason, 0, 0, 0);
		$count->($SNAPSHOT, $reason, "exits $reason");
		$count->($VMM, $reason, "vmm $reason");
		$from = $reason + 1;
	}
	$line->($NEXT, $from, 0xffffffff, 0, 0, 0);
	$cost->(11);
}

sub record {
	my ($vm, @samples) = @_;

	open(my $file, '>', $recording) or die "$recording: $!";
	print $file "exitstat-recording 1\n",
		"0.000000000 0 4ffffff0 00000000 -> 00000001 454d564b 53746978 00746174\n",
		"0.000000000 0 00000001 00000000 -> 00000000 00000000 80000000 00000000\n",
		"0.000000000 0 40000000 00000000 -> 40000001 4b4d564b 564b4d56 0000004d\n",
		"0.000000000 0 00000000 00000000 -> 0000000d 68747541 444d4163 69746e65\n",
		"0.000000000 0 0000000d 00000000 -> 00000007 00000340 00000340 00000000\n";
	printf $file "0.000000000 0 4ffffff1 00000000 -> %08x 00000000 00000002 %08x\n", $vm->{khz},
		$vm->{vcpus};
	$vm->{own} = 6;
	print_sample($file, $vm, $_) for @samples;
	close($file) or die "$recording: $!";
}

## What is right

sub since_start {
	my ($vm, $s) = @_;
	my $sum = big(0);

	$sum += $s->{counts}{$_}[1] for @STATES;
	return { counts => $s->{counts}, elapsed => $sum * 1000000 / ($vm->{vcpus} * $vm->{khz}) };
}

sub less { $_[0] > $_[1] ? $_[0] - $_[1] : big(0) }

# The difference, less the CPUIDs that exitstat has executed and what they cost.
sub between {
	my ($vm, $b, $a) = @_;
	my %d = (elapsed => $a->{time} - $b->{time});

	for my $what (keys %{$a->{counts}}) {
		my ($n, $c) = map { $a->{counts}{$what}[$_] - $b->{counts}{$what}[$_] } 0, 1;

		$d{counts}{$what} = [$n, $c % $TWO_64];
		$d{own}{$what} = $a->{own}{$what} - $b->{own}{$what};
	}
	my $cpuid = "exits $CPUID";
	my $own = $d{counts}{$cpuid}[0] <= $d{own}{$cpuid} ? $d{counts}{$cpuid}[1] :
		$vm->{cost} * $d{own}{'exits all'};
	for my $what ('exits all', $cpuid, 'host', 'guest') {
		my ($n, $c) = @{$d{counts}{$what}};

		$d{counts}{$what} = [less($n, $d{own}{$what}), $what eq 'guest' ? $c : less($c, $own)];
	}
	return \%d;
}

sub mean {
	my (@d) = @_;
	my %m = (elapsed => 0);

	$m{elapsed} += $_->{elapsed} for @d;
	$m{elapsed} = $m{elapsed} / @d;
	for my $what (keys %{$d[0]{counts}}) {
		my @sum = (big(@d / 2), big(@d / 2));

		for my $d (@d) {
			$sum[$_] += $d->{counts}{$what}[$_] for 0, 1;
		}
		$m{counts}{$what} = [map { $_ / @d } @sum];
	}
	return \%m;
}

sub rat { Math::BigRat->new(@_) }

# A column of a row, exactly; undef for none.
sub exact {
	my ($vm, $d, $reason, $column, $cycles) = @_;
	my ($n, $c) = @{$d->{counts}{"exits $reason"}};
	my ($vn, $vc) = @{$d->{counts}{"vmm $reason"}};
	my $unit = $cycles ? 1 : $vm->{khz} * 1000;
	my $sum = big(0);

	$sum += $d->{counts}{$_}[1] for @STATES;
	return rat($n) if $column eq 'EXITS';
	return rat($vn) if $column eq 'VMM';
	return rat($c) / $unit if $column eq 'TIME';
	return rat($vc) / $unit if $column eq 'VMMTIME';
	return $d->{elapsed} > 0 ? rat($n) * 1000000000 / $d->{elapsed} : undef if $column eq 'RATE';
	return $sum > 0 ? rat($c) * 100 / $sum : undef if $column eq 'SHARE';
	return undef if $n == 0;
	return $cycles ? rat(($c + ($n >> 1)) / $n) : rat($c) / $n / $unit;
}

sub share_of_state {
	my ($d, $state) = @_;
	my $sum = big(0);

	$sum += $d->{counts}{$_}[1] for @STATES;
	return $sum > 0 ? rat($d->{counts}{$state}[1]) * 100 / $sum : rat(0);
}

## Comparing: a number is right when it is the exact one, rounded where it ends, or after 18 digits

my ($checks, @wrong) = (0);

sub compare {
	my ($name, $said, $exact, $digits) = @_;
	my $right = !defined $exact ? !defined $said || $said eq '-' : defined $said && $said ne '-';

	$checks++;
	if ($right && defined $exact) {
		my $off = (rat("$said") - $exact)->babs;
		my ($decimals) = "$said" =~ /^\d+\.(\d+)$/;
		my $allowed = $exact / rat(10)->bpow($digits // 18);
		$allowed += rat('0.51') / rat(10)->bpow(length $decimals) if defined $decimals && !$digits;
		$allowed = rat(0) if !$digits && !defined $decimals;
		$right = $off <= $allowed;
	}
	push @wrong, "$name: said " . ($said // 'nothing') . ', exactly ' .
		(defined $exact ? $exact->numify : 'nothing') if !$right;
}

my @COLUMNS = qw(EXITS RATE TIME SHARE MEAN VMM VMMTIME);

sub run {
	my $command = "'$exitstat' --replay '$recording' @_";
	my $said = `$command`;

	push @wrong, "$command: status $?" if $?;
	return $said;
}

sub check_table {
	my ($vm, $d, $name, $cycles, $said) = @_;
	my %rows = map { my @w = split; shift @w => \@w } split /\n/, $said;

	for my $reason ('all', @REASONS) {
		my $row = $rows{$NAME{$reason} // 'total'} or next;

		compare("$name: " . ($NAME{$reason} // 'total') . " $COLUMNS[$_]", $row->[$_],
			exact($vm, $d, $reason, $COLUMNS[$_], $cycles)) for 0 .. $#COLUMNS;
	}
	push @wrong, "$name: no total" if !$rows{total};
}

# What jansson's integers hold is exact; all else has the 15 digits that doubles hold.
sub check_json_number {
	my ($name, $said, $exact) = @_;
	my $whole = defined $exact && $exact->is_int && $exact < big(1) << 63 && $said =~ /^\d+$/;

	compare($name, $said, $exact, $whole ? undef : 14);
}

sub check_json {
	my ($vm, $d, $name, $cycles, $said) = @_;
	my $scope = JSON::PP->new->allow_bignum->decode($said)->{scopes}[0];
	my %rows = map { $_->{reason} => $_ } $scope->{total}, @{$scope->{exits}};

	for my $reason ('all', @REASONS) {
		my $row = $rows{$NAME{$reason} // 'total'} or next;

		check_json_number("$name: $row->{reason} $_", $row->{lc $_},
			exact($vm, $d, $reason, $_, $cycles)) for @COLUMNS;
	}
	for my $state (@STATES) {
		my $row = $scope->{states}{$state};

		check_json_number("$name: $state entered", $row->{entered}, rat($d->{counts}{$state}[0]));
		check_json_number("$name: $state share", $row->{share}, share_of_state($d, $state));
		check_json_number("$name: $state time", $row->{time},
			rat($d->{counts}{$state}[1]) / ($cycles ? 1 : $vm->{khz} * 1000));
	}
	check_json_number("$name: elapsed", $scope->{elapsed}, rat($d->{elapsed}) / 1000000000);
	check_json_number("$name: vcpus", $scope->{vcpus}, rat($vm->{vcpus}));
}

# "vCPUs' time: guest 12.3%, ...", where they are shown with few digits.
sub check_states {
	my ($d, $name, $said) = @_;

	for my $state (@STATES) {
		my ($share) = $said =~ /^vCPUs' time:.* $state ([\d.]+)%/m;

		compare("$name: $state", $share, share_of_state($d, $state));
	}
}

sub check_line {
	my ($d, $name, $said) = @_;
	my ($elapsed, $exits, @shares) = split ' ', $said;

	compare("$name: elapsed", $elapsed, rat($d->{elapsed}) / 1000000000);
	compare("$name: exits", $exits, rat($d->{counts}{'exits all'}[0]));
	compare("$name: $STATES[$_]", $shares[$_], share_of_state($d, $STATES[$_])) for 0 .. $#STATES;
}

# The time of the host's kernel and of the VMM together, of those that have most of it.
sub check_explain {
	my ($d, $name, $said) = @_;
	my %cost = map { $_ => $d->{counts}{"exits $_"}[1] + $d->{counts}{"vmm $_"}[1] } @REASONS;
	my @costliest = sort { $cost{$b} <=> $cost{$a} } @REASONS;
	my $sum = big(0);

	$sum += $d->{counts}{$_}[1] for @STATES;
	$said =~ s/\n +/ /g;
	my %share = $said =~ /^(\w+): .*?: ([\d.]+)% of the vCPUs' time/mg;
	for my $reason (@costliest[0 .. 2]) {
		compare("$name: $NAME{$reason}", $share{$NAME{$reason}},
			$sum > 0 ? rat($cost{$reason}) * 100 / $sum : rat(0));
	}
}

my $raw = '--raw -n -o REASON,' . join ',', @COLUMNS;
my $lines = '--raw -n -o ELAPSED,EXITS,' . uc join ',', @STATES;

# Four readings: since the start, a run, or two of them.
sub check_vm {
	my ($vm) = @_;
	my @s;

	push @s, next_sample($vm, $s[-1]) for 1 .. 4;
	record($vm, @s);
	my $start = since_start($vm, $s[0]);
	my @d = map { between($vm, $s[$_ - 1], $s[$_]) } 1 .. 3;
	check_table($vm, $start, 'start', 0, run($raw));
	check_table($vm, $start, 'start, cycles', 1, run("$raw --cycles"));
	check_json($vm, $start, 'start, JSON', 0, run('-J'));
	check_json($vm, $start, 'start, JSON, cycles', 1, run('-J --cycles'));
	check_states($start, 'start', run());
	check_explain($start, 'explain', run('explain'));
	check_table($vm, $d[0], 'run', 0, run("$raw -- true 2>&1"));
	check_json($vm, $d[0], 'run, JSON', 0, run('-J -- true 2>&1'));
	check_states($d[0], 'run', run('-- true 2>&1'));
	my @said = split /\n/, run("$lines 0");
	check_line($start, 'intervals, start', $said[0] // '');
	check_line($d[$_ - 1], "interval $_", $said[$_] // '') for 1 .. 3;
	@said = split /\n/, run('-J --cycles 0');
	check_json($vm, $d[1], 'interval, JSON', 1, $said[2]);
	check_table($vm, mean(@d[0, 2]), 'two runs', 1, run("$raw --cycles -r 2 -- true 2>&1"));
}

for (1 .. 12) {
	my %vm = (vcpus => 1 + chance(big(4096)), khz => 1000000 + chance(big(4000000)),
		cost => 1 + chance(big(100000)));

	check_vm(\%vm);
}
cmp_ok($checks, '>', 4000, "$checks numbers were checked");
is(scalar @wrong, 0, 'and all are right');
diag($_) for @wrong[0 .. ($#wrong < 20 ? $#wrong : 20)];
done_testing();
