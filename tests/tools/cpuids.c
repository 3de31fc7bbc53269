// SPDX-License-Identifier: GPL-2.0
/*
 * cpuids N [TIMES]: execute CPUID N times, which in a VM is as many exits; that TIMES over, with
 * 20 ms between.
 */
#include <cpuid.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n, times = argc > 2 ? atol(argv[2]) : 1;
	unsigned int a, b, c, d;

	for (; times > 0; times--) {
		for (n = argc > 1 ? atol(argv[1]) : 1; n > 0; n--)
			__cpuid(0, a, b, c, d);
		if (times > 1)
			usleep(20000);
	}
	return 0;
}
