// SPDX-License-Identifier: GPL-2.0
/* Programs of a guest see nothing when its kernel, or the host, says so; its kernel still does. */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "exitstat_host.h"
#include "parameter.h"
#include "small_vm.h"
#include "tap.h"

static struct small_vm vm;

static struct guest_query ask_at(int cpl, uint32_t leaf, uint32_t index)
{
	struct guest_query query;

	vm.at_cpl3 = cpl == 3;
	query = vm_ask(&vm, 0, leaf, index);
	vm.at_cpl3 = false;
	return query;
}

static bool sees(int cpl)
{
	struct guest_query query = ask_at(cpl, EXITSTAT_LEAF_IDENTIFY, 0);
	uint32_t text[3] = { query.rbx, query.rcx, query.rdx };

	return !memcmp(text, EXITSTAT_SIGNATURE, sizeof(text));
}

static bool is_as_without(int cpl)
{
	struct guest_query got = ask_at(cpl, EXITSTAT_LEAF_EXITS, 0);
	struct guest_query wanted = ask_at(cpl, EXITSTAT_LEAF_FIRST - 1, 0);

	return got.rax == wanted.rax && got.rbx == wanted.rbx && got.rcx == wanted.rcx &&
	       got.rdx == wanted.rdx;
}

static uint32_t restrict_leaves(uint32_t how)
{
	return ask_at(0, EXITSTAT_LEAF_RESTRICT, how).rax;
}

static int expose(uint32_t exposure)
{
	struct exitstat_host_vm last = { 0 };
	struct exitstat_host_list list = { .vms = (uintptr_t)&last, .room = 1 };
	struct exitstat_host_expose what = { .exposure = exposure };
	int device = open(EXITSTAT_DEVICE, O_RDWR | O_CLOEXEC), result;

	if (device < 0)
		err(1, EXITSTAT_DEVICE);
	do {
		if (ioctl(device, EXITSTAT_HOST_LIST, &list))
			err(1, "EXITSTAT_HOST_LIST");
		list.after = last.id;
	} while (list.n && last.pid != getpid());
	what.id = last.id;
	result = ioctl(device, EXITSTAT_HOST_EXPOSE, &what);
	close(device);
	return result;
}

static void test_guest(void)
{
	ok(ask_at(0, EXITSTAT_LEAF_PROPERTIES, 0).rbx & EXITSTAT_FEATURE_RESTRICT,
	   "the guest is told that it can close the leaves");
	ok(sees(0) && sees(3), "all see them as long as nobody says otherwise");
	ok(!ask_at(3, EXITSTAT_LEAF_RESTRICT, 1).rax && sees(3), "a program cannot close them");
	ok(restrict_leaves(1) == EXITSTAT_RESTRICTED_BY_GUEST, "the guest's kernel can");
	ok(!sees(3) && is_as_without(3), "then CPUID is for programs as without exitstat");
	ok(sees(0) && ask_at(0, EXITSTAT_LEAF_EXITS, 0).rax, "and answers the kernel");
	ask_at(3, EXITSTAT_LEAF_RESTRICT, 0);
	ok(!sees(3), "a program cannot open them");
	ok(restrict_leaves(EXITSTAT_RESTRICT_ASK) == EXITSTAT_RESTRICTED_BY_GUEST && !sees(3),
	   "who only asks changes nothing");
	ok(!restrict_leaves(0) && sees(3), "the kernel can");
}

static void test_host(void)
{
	ok(!expose(EXITSTAT_EXPOSE_KERNEL), "the host shows them to the kernel only");
	ok(!sees(3) && is_as_without(3) && sees(0), "and so it is");
	ok(restrict_leaves(EXITSTAT_RESTRICT_ASK) == EXITSTAT_RESTRICTED_BY_HOST, "of which the kernel is told");
	ok(restrict_leaves(0) == EXITSTAT_RESTRICTED_BY_HOST && !sees(3),
	   "and which it cannot change");
	ok(!expose(EXITSTAT_EXPOSE_NONE) && !sees(0) && !sees(3), "nor when nobody is to see them");
	ok(!expose(EXITSTAT_EXPOSE_ALL) && sees(3), "until the host says otherwise");
}

/* Of VMs that are yet to come. */
static void test_parameter(void)
{
	set_parameter("expose", "kernel");
	vm_create(&vm, 1);
	ok(!sees(3) && is_as_without(3) && sees(0), "expose=kernel: a new VM's kernel sees them only");
	vm_destroy(&vm);
	set_parameter("expose", "all");
	vm_create(&vm, 1);
	ok(sees(3) && sees(0), "expose=all: its programs do, too");
	vm_destroy(&vm);
}

int main(void)
{
	if (host_hides_vmcb()) {
		skip("restrict", "this kernel has no BTF, which tells the module where the VMCB is");
		return done_testing();
	}
	vm_create(&vm, 1);
	vm_run(&vm, 0, GUEST_CPUID, 1);
	test_guest();
	test_host();
	vm_destroy(&vm);
	test_parameter();
	return done_testing();
}
