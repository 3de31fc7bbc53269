// SPDX-License-Identifier: GPL-2.0
/*
 * forbid affinity COMMAND...: run it where sched_setaffinity() is refused, as in some containers.
 * forbid vfork COMMAND...: run it where there may be no more processes.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	bool processes = argc > 1 && !strcmp(argv[1], "vfork");
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			 processes ? SYS_vfork : SYS_sched_setaffinity, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (processes ? EAGAIN : EPERM)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	if (argc < 3)
		errx(99, "usage: forbid affinity|vfork COMMAND...");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		err(99, "seccomp");
	execvp(argv[2], argv + 2);
	err(99, "%s", argv[2]);
}
