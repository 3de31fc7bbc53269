/* SPDX-License-Identifier: GPL-2.0 */
/* A reading of all VMs of a host. */
#ifndef VM_SAMPLES_H
#define VM_SAMPLES_H

#include "columns.h"
#include "vm_list.h"

/**
 * struct vm_sample - what was read of a VM
 * @id: its number
 * @vm: who it is, as long as the list is as it was at that time
 * @sample: its counters
 * @distributions: how long its exits took, and its vCPUs waited; empty unless the tool wants them
 */
struct vm_sample {
	uint64_t id;
	const struct vm *vm;
	struct exitstat_sample sample;
	struct distributions distributions;
};

/* In the order of the VMs' numbers. */
struct vm_samples {
	size_t n, room;
	struct vm_sample *sample;
};

/* vm_samples.c: whether distributions are wanted, by what is shown and what it is sorted by. */
void vm_samples_want(struct tool *tool, const struct columns *columns, const struct column *sort);
/* Those that end meanwhile are left out. Return: 0; enum exitstat_error. */
int vm_samples_read(struct tool *tool, struct vm_list *list, struct vm_samples *samples);
/* Of those that are in both. Return: 0; the last error of the others. */
int vm_samples_delta(struct tool *tool, const struct vm_samples *before,
		     const struct vm_samples *after, struct vm_samples *delta);
void vm_samples_free(struct vm_samples *samples);
/* A row for each, sorted by a column; to be freed. */
struct row *vm_samples_rows(const struct vm_samples *samples, const struct column *sort);

#endif /* VM_SAMPLES_H */
