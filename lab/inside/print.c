// SPDX-License-Identifier: GPL-2.0
/*
 * Prints its input, of any kind, on the first parallel port, where Bochs has a file for a
 * printer: each byte takes three instructions of the outer VM's time, and not the 87 us that
 * a serial line takes.
 */
#include <err.h>
#include <stdio.h>
#include <sys/io.h>

#define DATA	0x378
#define CONTROL	0x37a
/* IEEE 1284: the printer is selected, not being reset; the strobe says that data is valid. */
#define READY	0x0c
#define STROBE	0x01

int main(void)
{
	int byte;

	if (ioperm(DATA, 3, 1))
		err(1, "no access to the parallel port");
	while ((byte = getchar()) != EOF) {
		outb(byte, DATA);
		outb(READY | STROBE, CONTROL);
		outb(READY, CONTROL);
	}
	return ferror(stdin) != 0;
}
