// SPDX-License-Identifier: GPL-2.0
/*
 * start-kernel [--crash] KERNEL INITRAMFS COMMAND_LINE: restarts into that kernel at once, or
 * has it ready for when this one crashes (crashkernel=).
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	unsigned long flags = 0;

	if (argc > 1 && !strcmp(argv[1], "--crash")) {
		flags = KEXEC_FILE_ON_CRASH;
		argc--;
		argv++;
	}
	if (argc != 4)
		errx(2, "usage: start-kernel [--crash] KERNEL INITRAMFS COMMAND_LINE");
	if (syscall(SYS_kexec_file_load, open_file(argv[1]), open_file(argv[2]),
		    strlen(argv[3]) + 1, argv[3], flags))
		err(1, "cannot load %s", argv[1]);
	if (flags)
		return 0;
	reboot(LINUX_REBOOT_CMD_KEXEC);
	err(1, "cannot start %s", argv[1]);
}
