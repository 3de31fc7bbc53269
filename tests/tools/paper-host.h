/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host on paper: /dev/exitstat, whose VMs are machines on paper. Link with open() and ioctl()
 * wrapped.
 */
#ifndef PAPER_HOST_H
#define PAPER_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

/**
 * struct host - the host
 * @open_error: why the device cannot be opened, or 0
 * @read_only: or not for writing
 * @call_error: why no call succeeds, or 0
 * @version: of the device
 * @off: it is there, but counts nothing
 * @calls: how many there were
 * @on_call: called before each, or NULL
 */
struct host {
	int open_error;
	bool read_only;
	int call_error;
	uint32_t version;
	bool off;
	unsigned int calls;
	void (*on_call)(void);
};

extern struct host the_host;

/* Return: the VM's number. */
uint64_t host_add_vm(struct machine *machine, int pid, bool exposed);
void host_end_vm(uint64_t id);

#endif /* PAPER_HOST_H */
