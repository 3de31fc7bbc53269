// SPDX-License-Identifier: GPL-2.0
/*
 * What there is to measure now: on a host all VMs, in a guest that one.
 *
 * Each time the device is opened anew and let go of, so that exitstat can be unloaded meanwhile.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "columns.h"
#include "exitstat_host.h"
#include "export.h"
#include "host.h"
#include "vm_list.h"

/* Besides the library's errors: the graft is there, and counts nothing. */
#define SWITCHED_OFF	1

static long double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec + time.tv_nsec / 1e9L;
}

static void expose_time(struct exposition *exposition, enum metric metric,
			const struct labels *labels, const struct exitstat_sample *sample,
			uint64_t cycles)
{
	if (sample->tsc_khz)
		expose_seconds(exposition, metric, labels, cycles / (sample->tsc_khz * 1e3L));
}

/* A reason has a line from its first exit on, and one for the VMM from its first return on. */
static void expose_reason(struct exposition *exposition, struct labels labels,
			  const struct exitstat_sample *sample,
			  const struct exitstat_reason *reason)
{
	labels_add(&labels, "reason", reason_label(sample, reason->reason).text);
	expose_count(exposition, METRIC_EXITS, &labels, reason->exits.count);
	expose_time(exposition, METRIC_EXIT_SECONDS, &labels, sample, reason->exits.cycles);
	if (!reason->vmm.count)
		return;
	expose_count(exposition, METRIC_VMM_RETURNS, &labels, reason->vmm.count);
	expose_time(exposition, METRIC_VMM_SECONDS, &labels, sample, reason->vmm.cycles);
}

static void expose_state(struct exposition *exposition, struct labels labels,
			 const struct exitstat_sample *sample, enum exitstat_state state)
{
	labels_add(&labels, "state", exitstat_state_name(state));
	expose_time(exposition, METRIC_STATE_SECONDS, &labels, sample,
		    sample->states[state].cycles);
}

static void expose_sample(struct exposition *exposition, struct labels labels,
			  const struct exitstat_sample *sample, const struct durations *durations)
{
	size_t i;
	int state;

	if (sample->cpu != EXITSTAT_VM)
		labels_add_number(&labels, "vcpu", sample->cpu);
	for (i = 0; i < sample->nr_reasons; i++)
		expose_reason(exposition, labels, sample, &sample->reasons[i]);
	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		expose_state(exposition, labels, sample, state);
	if (durations && sample->tsc_khz)
		expose_durations(exposition, &labels, sample, durations);
}

/* Return: for each sample; NULL where the host keeps no histograms. */
static struct durations *read_all_durations(struct tool *tool, const struct samples *samples,
					    int *err)
{
	struct durations *durations;
	size_t i;

	if (!has_distributions(tool))
		return NULL;
	durations = allocate(samples->n, sizeof(*durations));
	for (i = 0; i < samples->n && !*err; i++)
		*err = read_durations(tool, &samples->sample[i], &durations[i]);
	return durations;
}

static void free_durations(struct durations *durations, size_t n)
{
	size_t i;

	for (i = 0; durations && i < n; i++)
		free(durations[i].exits.of);
	free(durations);
}

/* With --vcpu the vCPUs' figures are instead of their sum: Prometheus adds up itself. */
static int expose_figures(struct tool *tool, struct exposition *exposition,
			  const struct labels *labels, struct samples *samples, uint32_t vcpus)
{
	struct durations *durations;
	int err = samples_read(tool, samples);
	size_t i;

	if (err)
		return err;
	durations = read_all_durations(tool, samples, &err);
	if (!err)
		expose_count(exposition, METRIC_VCPUS, labels, vcpus);
	for (i = 0; i < samples->n && !err; i++)
		expose_sample(exposition, *labels, &samples->sample[i],
			      durations ? &durations[i] : NULL);
	free_durations(durations, samples->n);
	return err;
}

static void expose_vm_info(struct exposition *exposition, const struct labels *labels,
			   const struct exitstat_vm *vm)
{
	long double start = now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME) + vm->start_ns / 1e9L;
	struct labels info = *labels;

	/* Of the two clocks the one is set now and then: no finer than that. */
	expose_count(exposition, METRIC_VM_START, labels, start + 0.5L);
	labels_add_number(&info, "pid", vm->pid);
	labels_add(&info, "expose", exposure_name(vm->exposure));
	expose_count(exposition, METRIC_VM_INFO, &info, 1);
}

/* Two VMs of a name, or one started again, are two by their ids. */
static void name_vm(struct labels *labels, const struct vm *vm)
{
	labels->size = 0;
	if (vm->name.name)
		labels_add(labels, "vm", vm->name.name);
	if (vm->name.uuid)
		labels_add(labels, "uuid", vm->name.uuid);
	labels_add_number(labels, "id", vm->host.id);
}

static int expose_vm(struct tool *tool, struct exposition *exposition, const struct vm *vm,
		     struct samples *samples)
{
	struct labels labels;
	int err = exitstat_choose_vm(tool->es, vm->host.id);

	name_vm(&labels, vm);
	/* Whether it has histograms is known when the handle has been opened for it. */
	if (!err)
		err = exitstat_open(tool->es);
	if (!err)
		err = expose_figures(tool, exposition, &labels, samples, vm->host.vcpus);
	if (!err)
		expose_vm_info(exposition, &labels, &vm->host);
	return err;
}

/*
 * A VM that has ended since it was listed is left out, with all that is its. Names are not kept
 * from time to time: exitstat that is loaded again gives the same ids to other VMs.
 */
static int expose_vms(struct tool *tool, struct exposition *exposition)
{
	struct samples samples = { .n = 0 };
	struct vm_list list = { .n = 0 };
	int err = vm_list_update(tool->es, &list);
	size_t i;

	for (i = 0; i < list.n && !err; i++) {
		err = expose_vm(tool, exposition, &list.vm[i], &samples);
		if (err == EXITSTAT_ERR_VM)
			err = 0;
	}
	samples_free(&samples);
	vm_list_free(&list);
	return err;
}

static void expose_host(struct exposition *exposition, const struct exitstat_device_info *info)
{
	struct labels labels = { .size = 0 };

	labels_add(&labels, "way", info->way == EXITSTAT_WAY_GRAFT ? "graft" : "module");
	labels_add(&labels, "reasons", space_word(info->space));
	expose_count(exposition, METRIC_HOST_INFO, &labels, 1);
	expose_count(exposition, METRIC_FAILED_ALLOCATIONS, NULL, info->failed_allocations);
}

static int scrape_host(struct tool *tool, struct exposition *exposition)
{
	struct exitstat_device_info info;
	int err = exitstat_device_info(tool->es, &info);

	if (err)
		return err;
	if (!info.enabled)
		return SWITCHED_OFF;
	expose_host(exposition, &info);
	return expose_vms(tool, exposition);
}

static int scrape_guest(struct tool *tool, struct exposition *exposition)
{
	struct samples samples = { .n = 0 };
	struct labels none = { .size = 0 };
	int err = exitstat_open(tool->es);

	if (!err)
		err = expose_figures(tool, exposition, &none, &samples,
				     exitstat_host(tool->es)->vcpus);
	samples_free(&samples);
	return err;
}

/* A guest whose host may be one in its turn, or a host; what was a host stays one. */
static int scrape_source(struct tool *tool, struct exposition *exposition)
{
	static bool on_host;
	int err = tool->replay ? start_replay(tool) : exitstat_device(tool->es);

	if (tool->replay)
		return err ? err : scrape_guest(tool, exposition);
	on_host |= !err || has_device_file();
	if (!err)
		err = scrape_host(tool, exposition);
	else if (!on_host)
		err = scrape_guest(tool, exposition);
	/* Which remedy is told then is the host's. */
	return err == EXITSTAT_ERR_NOT_A_VM ? exitstat_device(tool->es) : err;
}

static const char *complaint(const struct tool *tool, int err)
{
	return !err ? "" : err != SWITCHED_OFF ? message_of(tool, err) :
	       "exitstat is switched off: echo on | sudo tee /sys/module/kvm/parameters/exitstat";
}

/* What is wrong is told when it begins, not each time. */
static void tell(const struct tool *tool, int err)
{
	static char *told;
	const char *message = complaint(tool, err);

	if (told && !strcmp(told, message))
		return;
	if (err)
		fprintf(stderr, "exitstat: %s\n", message);
	else if (told)
		fprintf(stderr, "exitstat: it works again\n");
	free(told);
	told = strdup(message);
}

/* Half of what there is would look like all of it. */
static void start_over(struct exposition *exposition)
{
	size_t size;

	free(exposition_end(exposition, &size));
	exposition_begin(exposition);
}

static void expose_exporter(struct exposition *exposition, bool up, long double seconds)
{
	struct labels labels = { .size = 0 };

	labels_add(&labels, "version", EXITSTAT_VERSION);
	expose_count(exposition, METRIC_BUILD_INFO, &labels, 1);
	expose_count(exposition, METRIC_UP, NULL, up);
	expose_seconds(exposition, METRIC_SCRAPE_SECONDS, NULL, seconds);
}

char *scrape(const struct tool *options, size_t *size, int *err)
{
	static const uint32_t all_reasons = EXITSTAT_ALL_REASONS;
	long double start = now(CLOCK_MONOTONIC);
	struct exposition exposition;
	struct tool tool = *options;

	tool.es = exitstat_new();
	if (!tool.es)
		die(STATUS_FAILED, "out of memory");
	if (!tool.by_reason) {
		tool.selectors = &all_reasons;
		tool.nr_selectors = 1;
	}
	exposition_begin(&exposition);
	*err = scrape_source(&tool, &exposition);
	if (*err)
		start_over(&exposition);
	expose_exporter(&exposition, !*err, now(CLOCK_MONOTONIC) - start);
	tell(&tool, *err);
	if (*err == SWITCHED_OFF)
		*err = EXITSTAT_ERR_DEVICE;
	exitstat_free(tool.es);
	return exposition_end(&exposition, size);
}
