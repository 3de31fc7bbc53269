// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/exitstat, for the host: see include/exitstat_host.h.
 *
 * An ioctl's work is bounded: a list goes in pieces, and so many questions are the most. No VM
 * is held meanwhile: one that ends between two questions is not found any more.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "answer.h"
#include "device.h"
#include "events.h"
#include "exitstat_host.h"
#include "registry.h"
#include "vms.h"

#ifdef EXITSTAT_MODULE
#define WAY	EXITSTAT_WAY_MODULE
#else
#define WAY	EXITSTAT_WAY_GRAFT
#endif

/* A piece of a list, in a page of its own. */
#define MAX_VMS		(PAGE_SIZE / sizeof(struct exitstat_host_vm))
#define MAX_VCPUS	(PAGE_SIZE / sizeof(u32))

static long get_info(struct exitstat_host_info __user *user)
{
	const struct exitstat_host_info info = {
		.version = EXITSTAT_HOST_VERSION,
		.way = WAY,
		.space = exitstat_reasons.space,
		.tsc_khz = tsc_khz,
		.enabled = exitstat_enabled(),
		.vms = atomic_long_read(&exitstat_nr_vms),
		.vcpus = atomic_long_read(&exitstat_nr_vcpus),
		.failed_allocations = atomic_long_read(&exitstat_failed_allocations),
	};

	return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

static long list_vms(struct exitstat_host_list __user *user)
{
	struct exitstat_host_list list;
	struct exitstat_host_vm *vms;
	long error = 0;

	if (copy_from_user(&list, user, sizeof(list)))
		return -EFAULT;
	vms = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vms)
		return -ENOMEM;
	list.n = exitstat_list_vms(list.after, vms, min_t(u32, list.room, MAX_VMS));
	if (copy_to_user(u64_to_user_ptr(list.vms), vms, list.n * sizeof(*vms)) ||
	    put_user(list.n, &user->n))
		error = -EFAULT;
	free_page((unsigned long)vms);
	return error;
}

static long list_vcpus(struct exitstat_host_vcpus __user *user)
{
	struct exitstat_host_vcpus list;
	u32 *vcpus;
	long n;

	if (copy_from_user(&list, user, sizeof(list)))
		return -EFAULT;
	if (list.reserved)
		return -EINVAL;
	vcpus = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpus)
		return -ENOMEM;
	n = exitstat_list_vcpus(list.id, list.first, vcpus, min_t(u32, list.room, MAX_VCPUS));
	if (n > 0 && copy_to_user(u64_to_user_ptr(list.vcpus), vcpus, n * sizeof(*vcpus)))
		n = -EFAULT;
	if (n >= 0 && put_user((u32)n, &user->n))
		n = -EFAULT;
	free_page((unsigned long)vcpus);
	return n < 0 ? n : 0;
}

static long answer(const struct exitstat_host_ask *ask, struct exitstat_host_question *question)
{
	struct exitstat_regs regs;
	long error;

	if (!exitstat_is_leaf(question->leaf))
		return -EINVAL;
	error = exitstat_ask(ask->id, ask->vcpu, question->leaf, question->subleaf, &regs);
	if (error)
		return error;
	question->eax = regs.eax;
	question->ebx = regs.ebx;
	question->ecx = regs.ecx;
	question->edx = regs.edx;
	return 0;
}

static long answer_all(struct exitstat_host_ask __user *user)
{
	struct exitstat_host_question *questions;
	struct exitstat_host_ask ask;
	long error = 0;
	size_t size;
	u32 i;

	if (copy_from_user(&ask, user, sizeof(ask)))
		return -EFAULT;
	if (ask.n > EXITSTAT_MAX_QUESTIONS)
		return -EINVAL;
	size = ask.n * sizeof(*questions);
	questions = vmemdup_user(u64_to_user_ptr(ask.questions), size);
	if (IS_ERR(questions))
		return PTR_ERR(questions);
	for (i = 0; i < ask.n && !error; i++) {
		error = fatal_signal_pending(current) ? -EINTR : answer(&ask, &questions[i]);
		cond_resched();
	}
	if (!error && copy_to_user(u64_to_user_ptr(ask.questions), questions, size))
		error = -EFAULT;
	kvfree(questions);
	return error;
}

static long expose(const struct file *file, struct exitstat_host_expose __user *user)
{
	struct exitstat_host_expose expose;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(&expose, user, sizeof(expose)))
		return -EFAULT;
	if (expose.exposure > EXITSTAT_EXPOSE_KERNEL || expose.reserved)
		return -EINVAL;
	return exitstat_set_exposure(expose.id, expose.exposure);
}

static long device_ioctl(struct file *file, unsigned int request, unsigned long argument)
{
	void __user *user = (void __user *)argument;

	if (request == EXITSTAT_HOST_EXPOSE)
		return expose(file, user);
	/* Of a device that is open for writing only nothing is told. */
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	switch (request) {
	case EXITSTAT_HOST_INFO:
		return get_info(user);
	case EXITSTAT_HOST_LIST:
		return list_vms(user);
	case EXITSTAT_HOST_VCPUS:
		return list_vcpus(user);
	case EXITSTAT_HOST_ASK:
		return answer_all(user);
	}
	return -ENOTTY;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.name = "exitstat",
	.fops = &device_fops,
	.mode = 0600,
};

static bool registered;

/** exitstat_device_init - make the device; without it exits are counted all the same */
void exitstat_device_init(void)
{
	int error;

	/* The number that it had when KVM was there before may be another's by now. */
	device.minor = MISC_DYNAMIC_MINOR;
	error = misc_register(&device);
	registered = !error;
	if (error)
		pr_warn("exitstat: no /dev/exitstat (%d)\n", error);
}

/** exitstat_device_exit - remove it; who has it open sees no VM any more, once all have ended */
void exitstat_device_exit(void)
{
	if (registered)
		misc_deregister(&device);
	registered = false;
}
