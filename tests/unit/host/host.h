/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few things of the kernel that the registry and the meetings use, on one thread. Every
 * header of the kernel's that they include is this one.
 *
 * Other CPUs are played at moments: wherever another CPU may do something while the registry
 * is at work, host_moment() is called. A grace period is over when a test says so, but never for
 * who began to read before. A rule that is broken (to sleep as a reader, to follow a list as
 * none, to take a lock twice) fails the test.
 */
#ifndef HOST_H
#define HOST_H

#include <asm/types.h>
#include <stddef.h>
#include <sys/types.h>

#include "lists.h"
#include "userspace.h"

/* What tests see of the host, and set. */

extern u64 host_tsc, host_ns;
extern const u32 tsc_khz;
extern unsigned long host_jiffies;

/* What other CPUs do at each moment, or NULL. */
extern void (*host_moment)(void);

/* How many moments there were. */
extern unsigned int host_moments;

/* Attempts to get memory, which of them fails (0: none), and how many pieces are in use. */
extern unsigned int host_attempts, host_failing_attempt, host_pieces;

/* How often others had the CPU, and how many pieces of memory a callback has freed at most. */
extern unsigned int host_rests, host_most_freed;

/* Which VMM is the present process. */
extern pid_t host_tgid;

/* Whether somebody opens or ends accounts, and another one would have to wait. */
extern bool host_mutex_is_held;

void host_grace_period(void);
unsigned int host_callbacks(void);

/* Return: false when no work was scheduled. */
bool host_work(void);

/* What the stubs below are made of. */

void host_check(bool good, const char *what);
void host_any_moment(void);
bool host_is_out_of_memory(void);
void host_reading(void);
void host_spin(bool *lock, bool on);
void *host_alloc(size_t size, size_t alignment);
void host_free(void *piece);

#define noinline	__attribute__((noinline))
#define __read_mostly
#define __cacheline_aligned_in_smp
#define ____cacheline_aligned_in_smp
#define pr_warn_once(...)	((void)0)

#define HZ	250
#define jiffies	host_jiffies
#define time_before(a, b)	((long)((a) - (b)) < 0)
#define rdtsc()	host_tsc
#define ktime_get_boottime_ns()	host_ns
#define X86_FEATURE_SVM	0
#define boot_cpu_has(feature)	true

#define ENOENT	2
#define EAGAIN	11
#define ENOMEM	12
#define ESRCH	3

/* KVM's structures: what stands in for them are mostly addresses where nothing is. */

#define KVM_MP_STATE_RUNNABLE	0

struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_idx;
	bool preempted;
	struct {
		int mp_state;
	} arch;
};

/* The thread and the CPU of events */

struct task_struct {
	struct {
		unsigned long long run_delay;
	} sched_info;
};

/* The one that runs. */
extern struct task_struct *host_task;

#define current	host_task
#define task_tgid_nr(task)	((void)(task), host_tgid)
#define task_is_running(task)	((void)(task), true)

void cond_resched(void);

/* The CPU that the registry is at work on, and another one. */
#define HOST_CPUS	2
unsigned int host_cpu(void);

#define DECLARE_PER_CPU(type, name)	extern type name[HOST_CPUS]
#define DEFINE_PER_CPU(type, name)	type name[HOST_CPUS]
#define per_cpu(variable, cpu)	((variable)[cpu])
#define this_cpu_ptr(variable)	(*(variable) + host_cpu())
#define this_cpu_read(variable)	((variable)[host_cpu()])
#define this_cpu_write(variable, value)	((variable)[host_cpu()] = (value))
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < HOST_CPUS; (cpu)++)
#define preempt_disable()	host_any_moment()
#define preempt_enable()	((void)0)
#define irqs_disabled()	false

#define NSEC_PER_MSEC	1000000
#define mul_u64_u32_div(a, mul, divisor)	((a) * (mul) / (divisor))

typedef struct {
	long counter;
} atomic_long_t;

static inline long atomic_long_read(const atomic_long_t *a)
{
	return a->counter;
}

static inline void atomic_long_inc(atomic_long_t *a)
{
	host_any_moment();
	a->counter++;
}

static inline void atomic_long_dec(atomic_long_t *a)
{
	host_any_moment();
	a->counter--;
}

/* Lists */

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
	return list->next == list;
}

static inline void list_add_rcu(struct list_head *entry, struct list_head *before)
{
	list_add(entry, before);
	host_any_moment();
}

static inline void list_add_tail_rcu(struct list_head *entry, struct list_head *list)
{
	list_add_rcu(entry, list->prev);
}

/* Who stands at the entry still finds the next one. */
static inline void list_del_rcu(struct list_head *entry)
{
	list_del(entry);
	entry->prev = NULL;
}

#define list_entry(pointer, type, member)	container_of(pointer, type, member)

#define list_for_each_entry_reverse(pos, list, member) \
	for (pos = entry_of((list)->prev, pos, member); &pos->member != (list); \
	     pos = entry_of(pos->member.prev, pos, member))

#define list_for_each_entry_rcu(pos, list, member) \
	for (host_reading(), pos = entry_of((list)->next, pos, member); &pos->member != (list); \
	     host_reading(), pos = entry_of(pos->member.next, pos, member))

#define list_for_each_entry_continue_rcu(pos, list, member) \
	for (host_reading(), pos = entry_of(pos->member.next, pos, member); \
	     &pos->member != (list); \
	     host_reading(), pos = entry_of(pos->member.next, pos, member))

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

static inline void hlist_add_head_rcu(struct hlist_node *entry, struct hlist_head *list)
{
	entry->next = list->first;
	entry->pprev = &list->first;
	if (list->first)
		list->first->pprev = &entry->next;
	list->first = entry;
	host_any_moment();
}

/* Who stands at the entry still finds the next one. */
static inline void hlist_del_rcu(struct hlist_node *entry)
{
	*entry->pprev = entry->next;
	if (entry->next)
		entry->next->pprev = entry->pprev;
	entry->pprev = NULL;
}

#define hentry_of(node, pos, member) \
	((node) ? entry_of(node, pos, member) : NULL)

#define hlist_for_each_entry_rcu(pos, list, member) \
	for (host_reading(), pos = hentry_of((list)->first, pos, member); pos; \
	     host_reading(), pos = hentry_of(pos->member.next, pos, member))

/* Locks */

struct mutex {
	bool unused;
};

#define DEFINE_MUTEX(name)	struct mutex name

void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

typedef bool raw_spinlock_t;

#define DEFINE_RAW_SPINLOCK(name)	raw_spinlock_t name
#define raw_spin_lock_irqsave(lock, flags)	((flags) = 0, host_spin(lock, true))
#define raw_spin_unlock_irqrestore(lock, flags)	((void)(flags), host_spin(lock, false))

/* RCU */

struct rcu_head {
	struct rcu_head *next;
	void (*function)(struct rcu_head *rcu);
	u64 since;
};

void rcu_read_lock(void);
void rcu_read_unlock(void);
void call_rcu(struct rcu_head *rcu, void (*function)(struct rcu_head *rcu));
void rcu_barrier(void);

/* Memory */

#define GFP_KERNEL_ACCOUNT	1
#define __GFP_NORETRY	2
#define __GFP_NOWARN	4
#define GFP_NOWAIT	8
typedef unsigned int gfp_t;

#define kzalloc(size, flags)	((void)(flags), host_alloc(size, _Alignof(max_align_t)))
#define get_zeroed_page(flags)	((void)(flags), (unsigned long)host_alloc(PAGE_SIZE, PAGE_SIZE))
#define kvzalloc(size, flags)	kzalloc(size, flags)
#define kvfree(piece)	host_free(piece)
#define kfree(piece)	host_free(piece)
#define free_page(page)	host_free((void *)(page))

/* Hash tables: what two keys share is their hash, and nothing else is told apart by it. */

struct rhash_head {
	struct rhash_head *next;
};

struct rhashtable {
	struct rhash_head *first;
};

struct rhashtable_compare_arg {
	const void *key;
};

struct rhashtable_params {
	u16 key_len, key_offset, head_offset;
	bool automatic_shrinking;
	u32 (*hashfn)(const void *key, u32 length, u32 seed);
	int (*obj_cmpfn)(struct rhashtable_compare_arg *arg, const void *object);
};

#define hash_64(value, bits)	((u32)((u64)(value) * 0x61c8864680b583ebull >> (64 - (bits))))
#define rhashtable_remove_fast(table, node, params)	rhashtable_remove(table, node)

int rhashtable_init(struct rhashtable *table, const struct rhashtable_params *params);
void rhashtable_destroy(struct rhashtable *table);
void *rhashtable_lookup(struct rhashtable *table, const void *key,
			struct rhashtable_params params);
int rhashtable_insert_fast(struct rhashtable *table, struct rhash_head *node,
			   struct rhashtable_params params);
void rhashtable_remove(struct rhashtable *table, struct rhash_head *node);

/* Work for later */

struct work_struct {
	void (*function)(struct work_struct *work);
	bool pending;
};

#define DECLARE_WORK(name, f)	struct work_struct name = { .function = (f) }

/* For workers of the CPU that asks, and for workers of any. */
extern struct workqueue_struct *const system_wq, *const system_unbound_wq, *const system_dfl_wq;

#define schedule_work(work)	queue_work(system_wq, work)

void queue_work(struct workqueue_struct *queue, struct work_struct *work);
void cancel_work_sync(struct work_struct *work);

#endif /* HOST_H */
