/* SPDX-License-Identifier: GPL-2.0 */
/* Fresh pages of a guest that come late: userfaultfd, and a thread that takes its time. */
#ifndef LATE_PAGES_H
#define LATE_PAGES_H

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "small_vm.h"

struct late_pages {
	int fd, stop[2];
	unsigned int milliseconds;
	unsigned int served;
	pthread_t thread;
};

static void serve_page(struct late_pages *late, uint64_t address)
{
	struct uffdio_zeropage zero = { .range = { address & ~4095ull, 4096 } };

	usleep(late->milliseconds * 1000);
	if (ioctl(late->fd, UFFDIO_ZEROPAGE, &zero))
		err(1, "UFFDIO_ZEROPAGE");
	late->served++;
}

static void *serve_pages(void *argument)
{
	struct late_pages *late = argument;
	struct pollfd polled[] = { { late->fd, POLLIN, 0 }, { late->stop[0], POLLIN, 0 } };
	struct uffd_msg message;

	while (poll(polled, 2, -1) > 0 && !polled[1].revents)
		if (read(late->fd, &message, sizeof(message)) == sizeof(message) &&
		    message.event == UFFD_EVENT_PAGEFAULT)
			serve_page(late, message.arg.pagefault.address);
	return NULL;
}

/* The guest's first @pages of GUEST_FRESH. */
static inline void late_pages_begin(struct late_pages *late, struct small_vm *vm,
				    unsigned int pages, unsigned int milliseconds)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)vm->memory + GUEST_FRESH, pages * 4096ull },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	*late = (struct late_pages){ .milliseconds = milliseconds };
	madvise(vm->memory + GUEST_FRESH, pages * 4096ull, MADV_DONTNEED);
	late->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (late->fd < 0 || ioctl(late->fd, UFFDIO_API, &api) ||
	    ioctl(late->fd, UFFDIO_REGISTER, &range) || pipe2(late->stop, O_CLOEXEC))
		err(1, "userfaultfd");
	if (pthread_create(&late->thread, NULL, serve_pages, late))
		errx(1, "pthread_create failed");
}

static inline void late_pages_end(struct late_pages *late)
{
	close(late->stop[1]);
	pthread_join(late->thread, NULL);
	close(late->stop[0]);
	close(late->fd);
}

#endif /* LATE_PAGES_H */
