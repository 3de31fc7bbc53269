// SPDX-License-Identifier: GPL-2.0
/* Prints the frequency of this machine's TSC, in kHz, by CLOCK_MONOTONIC, which is QEMU's clock. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES	50

struct moment {
	uint64_t cycles;
	double ns;
};

/* The closest of some pairs of looks at both clocks, since this program may have to wait amid one. */
static struct moment now(void)
{
	uint64_t before, took, least = UINT64_MAX;
	struct moment moment = { 0 };
	struct timespec clock;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = __rdtsc();
		clock_gettime(CLOCK_MONOTONIC, &clock);
		took = __rdtsc() - before;
		if (took >= least)
			continue;
		least = took;
		moment.cycles = before + took / 2;
		moment.ns = clock.tv_sec * 1e9 + clock.tv_nsec;
	}
	return moment;
}

int main(void)
{
	const struct timespec a_while = { .tv_nsec = 200000000 };
	struct moment from = now(), to;

	nanosleep(&a_while, NULL);
	to = now();
	printf("%.0f\n", (to.cycles - from.cycles) * 1e6 / (to.ns - from.ns));
	return 0;
}
