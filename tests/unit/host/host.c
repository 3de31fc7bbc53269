// SPDX-License-Identifier: GPL-2.0
/* The host that the registry runs on in tests: see host.h. */
#include <stdlib.h>

#include "test.h"
#include "host.h"

u64 host_tsc, host_ns;
const u32 tsc_khz = 2000000;
unsigned long host_jiffies;
void (*host_moment)(void);
unsigned int host_moments;
unsigned int host_attempts, host_failing_attempt, host_pieces;
unsigned int host_rests, host_most_freed;
pid_t host_tgid;
bool host_mutex_is_held;

static struct task_struct first_task;
struct task_struct *host_task = &first_task;

/* The CPU that the registry is at work on, and one where something happens meanwhile. */
static struct cpu {
	int readers, spinlocks;
	u64 reading_since;
} cpus[HOST_CPUS], *cpu = cpus;

/* Orders the beginnings of readers and callbacks. */
static u64 rcu_clock;
static struct rcu_head *callbacks, **last_callback = &callbacks;

static struct work_struct *scheduled;

void host_check(bool good, const char *what)
{
	if (!good)
		fail_msg("%s", what);
}

unsigned int host_cpu(void)
{
	return cpu - cpus;
}

/* With a lock held there is none: the others would spin. */
void host_any_moment(void)
{
	if (cpu != &cpus[0] || cpu->spinlocks)
		return;
	host_moments++;
	if (!host_moment)
		return;
	cpu = &cpus[1];
	host_moment();
	host_check(!cpu->readers && !cpu->spinlocks, "a reader or a lock is left behind");
	cpu = &cpus[0];
}

static void may_sleep(void)
{
	host_check(!cpu->readers && !cpu->spinlocks, "what sleeps reads or holds a lock");
}

void cond_resched(void)
{
	may_sleep();
	host_any_moment();
	host_rests++;
}

void host_spin(bool *lock, bool on)
{
	if (on)
		host_any_moment();
	host_check(*lock != on, "a lock is taken or released twice");
	*lock = on;
	cpu->spinlocks += on ? 1 : -1;
	if (!on)
		host_any_moment();
}

void mutex_lock(struct mutex *mutex)
{
	(void)mutex;
	may_sleep();
	if (!host_mutex_is_held)
		host_any_moment();
	host_check(!host_mutex_is_held, "a mutex is taken twice");
	host_mutex_is_held = true;
}

void mutex_unlock(struct mutex *mutex)
{
	(void)mutex;
	host_check(host_mutex_is_held, "a mutex is released twice");
	host_mutex_is_held = false;
}

void rcu_read_lock(void)
{
	if (!cpu->readers++)
		cpu->reading_since = ++rcu_clock;
}

void rcu_read_unlock(void)
{
	host_check(cpu->readers-- > 0, "nobody reads");
}

void host_reading(void)
{
	host_check(cpu->readers > 0, "a list is followed without rcu_read_lock()");
	host_any_moment();
}

void call_rcu(struct rcu_head *rcu, void (*function)(struct rcu_head *rcu))
{
	*rcu = (struct rcu_head){ .function = function, .since = ++rcu_clock };
	*last_callback = rcu;
	last_callback = &rcu->next;
	host_any_moment();
}

static bool is_held_up(const struct rcu_head *rcu)
{
	struct cpu *reader;

	for (reader = cpus; reader < cpus + ARRAY_SIZE(cpus); reader++)
		if (reader->readers && reader->reading_since < rcu->since)
			return true;
	return false;
}

/* A grace period: the callbacks that wait for it run, unless a reader is older than they. */
void host_grace_period(void)
{
	u64 now = rcu_clock;
	struct rcu_head *rcu;
	unsigned int pieces;

	while (callbacks && callbacks->since <= now && !is_held_up(callbacks)) {
		rcu = callbacks;
		callbacks = rcu->next;
		if (!callbacks)
			last_callback = &callbacks;
		pieces = host_pieces;
		rcu->function(rcu);
		if (pieces - host_pieces > host_most_freed)
			host_most_freed = pieces - host_pieces;
	}
}

unsigned int host_callbacks(void)
{
	struct rcu_head *rcu;
	unsigned int n = 0;

	for (rcu = callbacks; rcu; rcu = rcu->next)
		n++;
	return n;
}

/* For all callbacks that there are, and not for those that they start. */
void rcu_barrier(void)
{
	may_sleep();
	host_grace_period();
}

bool host_is_out_of_memory(void)
{
	may_sleep();
	return ++host_attempts == host_failing_attempt;
}

void *host_alloc(size_t size, size_t alignment)
{
	void *piece;

	if (host_is_out_of_memory())
		return NULL;
	size = (size + alignment - 1) / alignment * alignment;
	piece = aligned_alloc(alignment, size);
	host_check(piece, "no memory for the test");
	host_pieces++;
	return memset(piece, 0, size);
}

void host_free(void *piece)
{
	host_pieces -= !!piece;
	free(piece);
}

struct workqueue_struct {
	bool of_any_cpu;
};

static struct workqueue_struct of_this_cpu, of_any_cpu = { .of_any_cpu = true };
struct workqueue_struct *const system_wq = &of_this_cpu;
struct workqueue_struct *const system_unbound_wq = &of_any_cpu;
struct workqueue_struct *const system_dfl_wq = &of_any_cpu;

/* Who waits for a CPU that a vCPU of realtime priority has waits for ever. */
void queue_work(struct workqueue_struct *queue, struct work_struct *work)
{
	host_check(queue->of_any_cpu, "work waits for the CPU of a vCPU");
	work->pending = true;
	scheduled = work;
}

void cancel_work_sync(struct work_struct *work)
{
	may_sleep();
	work->pending = false;
}

bool host_work(void)
{
	if (!scheduled || !scheduled->pending)
		return false;
	scheduled->pending = false;
	scheduled->function(scheduled);
	return true;
}
