// SPDX-License-Identifier: GPL-2.0
/* cpuids N: execute CPUID N times, which in a VM is as many exits. */
#include <cpuid.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	unsigned int a, b, c, d;
	long n;

	for (n = argc > 1 ? atol(argv[1]) : 1; n > 0; n--)
		__cpuid(0, a, b, c, d);
	return 0;
}
