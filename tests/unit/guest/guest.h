/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few things of the kernel that the guest's driver uses for samples, on one CPU. Every header
 * of the kernel's that it includes is this one.
 */
#ifndef GUEST_H
#define GUEST_H

#include <errno.h>

#include "lists.h"
#include "userspace.h"

/* Those of stdlib.h, which has a select(), too. */
void *malloc(size_t size);
void free(void *piece);

#define BIT_ULL(n)	(1ull << (n))
#define GENMASK_ULL(high, low)	((2ull << (high)) - (1ull << (low)))
#define clamp_t(type, value, low, high) \
	((type)(value) < (type)(low) ? (type)(low) : \
	 (type)(value) > (type)(high) ? (type)(high) : (type)(value))

#define DEFINE_PER_CPU(type, name)	type name
#define this_cpu_read(variable)	(variable)
/* As in Linux 6.1: what is wider is cut, a pointer for a bool among it. */
#define this_cpu_write(variable, value) \
	do { \
		unsigned long bits = (unsigned long)value; \
		memcpy(&(variable), &bits, sizeof(variable)); \
	} while (0)

typedef struct {
	s64 value;
} local64_t;

#define local64_read(l)	((l)->value)
#define local64_set(l, v)	((l)->value = (v))

#define DEFINE_SPINLOCK(name)	int name
#define spin_lock(lock)	((void)(lock))
#define spin_unlock(lock)	((void)(lock))
#define local_irq_save(flags)	((flags) = 0)
#define local_irq_restore(flags)	((void)(flags))
#define on_each_cpu(function, info, wait)	((function)(info))
#define GFP_KERNEL	0
#define kmalloc(size, flags)	malloc(size)
#define kfree	free
#define perfmon_capable()	true
#define pr_err(...)	((void)0)

/* perf */

#define PERF_ATTACH_TASK	4
#define PERF_SAMPLE_ADDR	8
#define PERF_SAMPLE_READ	16
#define PERF_EFLAGS_EXACT	8

struct task_struct;
struct perf_event;

struct pt_regs {
	unsigned long ip, flags;
	bool user;
};

#define user_mode(regs)	((regs)->user)

struct perf_sample_data {
	u64 addr, period;
};

#define perf_sample_data_init(data, about, length) \
	(*(data) = (struct perf_sample_data){ .addr = (about), .period = (length) })

struct pmu {
	void (*stop)(struct perf_event *event, int flags);
	void (*read)(struct perf_event *event);
};

struct hw_perf_event {
	u64 sample_period, last_period;
	local64_t period_left;
	struct {
		u64 config;
	} extra_reg;
	struct task_struct *target;
};

struct perf_event {
	struct {
		u64 config, sample_type, sample_period;
		bool exclude_user, exclude_kernel, exclude_idle, exclude_host, freq;
	} attr;
	struct hw_perf_event hw;
	int cpu;
	struct pmu *pmu;
	struct perf_event *parent;
	void *pmu_private;
	void (*destroy)(struct perf_event *event);
};

#define has_branch_stack(event)	false

#define DEFINE_STATIC_CALL_RET0(name, type)	int (*name##_call)(struct perf_event *, \
		struct perf_sample_data *, struct pt_regs *)
#define static_call_update(name, function)	((name##_call) = (function))
#define static_call(name)	(*name##_call)

/* What finds perf, and whom an NMI is given to */

#define KPROBE_FLAG_DISABLED	0

struct kprobe {
	const char *symbol_name;
	void *addr;
	int flags;
};

int register_kprobe(struct kprobe *probe);
#define unregister_kprobe(probe)	((void)(probe))

#define NMI_LOCAL	0
#define NMI_DONE	0
#define NMI_HANDLED	1

typedef int nmi_handler(unsigned int type, struct pt_regs *regs);

extern nmi_handler *guest_nmi_handler;
#define register_nmi_handler(type, function, flags, name)	(guest_nmi_handler = (function), 0)
#define unregister_nmi_handler(type, name)	(guest_nmi_handler = NULL)

#define NOTIFY_DONE	0

struct notifier_block {
	int (*notifier_call)(struct notifier_block *block, unsigned long action, void *data);
};

#define register_reboot_notifier(block)	((void)(block))
#define unregister_reboot_notifier(block)	((void)(block))

#endif /* GUEST_H */
