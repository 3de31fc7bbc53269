// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target: bytes are events of a VM's vCPUs, and leaves that its guest reads.
 *
 * The first byte chooses the vendor. Each command is a byte, whose low bits say what
 * happens and whose high bits say to which vCPU, and its arguments.
 */
#include <stdio.h>
#include <stdlib.h>

#include "invariants.h"
#include "vm.h"

enum {
	/* enum life_event comes before. */
	COMMAND_DESTROY = LIFE_NR_EVENTS,
	COMMAND_STEP_BACK,
	COMMAND_JUMP,
	COMMAND_ASK,
};

struct input {
	const u8 *data;
	size_t left;
};

static struct vm vm;
static struct life lives[VM_NR_VCPUS];
static struct exitstat_histograms gone;
static u64 exits;	/* by all vCPUs that there ever were */

static void must_be_null(const char *broken)
{
	if (!broken)
		return;
	fprintf(stderr, "%s\n", broken);
	abort();
}

/* Zeros when there are no more. */
static u64 take(struct input *input, size_t bytes)
{
	u64 value = 0;

	for (; bytes && input->left; bytes--, input->left--)
		value = value << 8 | *input->data++;
	return value;
}

static void begin(u32 space)
{
	int i;

	vm_open(&vm, space);
	memset(&gone, 0, sizeof(gone));
	vm.gone.histograms = &gone;
	for (i = 0; i < VM_NR_VCPUS; i++)
		life_begin(&lives[i], &vm.reasons, &vm.vcpus[i], vm.now);
	exits = 0;
}

static void happen(struct life *life, enum life_event event, struct input *input)
{
	u32 reason = 0;

	vm.now += take(input, 2);
	if (event == LIFE_EXIT) {
		reason = (s16)take(input, 2);
		exits++;
	}
	if (event == LIFE_RESUME_LATE)
		reason = take(input, 2);
	life_event(life, event, reason, vm.now);
	must_be_null(life_broken(life));
}

/* Another vCPU takes the place of the one that is destroyed. */
static void destroy(struct life *life)
{
	exitstat_account_close(life->account, vm.now);
	exitstat_account_fold(&vm.gone, life->account);
	must_be_null(account_broken(&vm.gone));
	life_begin(life, &vm.reasons, life->account, vm.now);
}

static void ask(u32 leaf, u32 ecx)
{
	must_be_null(answer_broken(leaf, vm_ask(&vm, leaf, ecx)));
}

/* The walk that a guest's tool makes: every reason once, and their sum is the total. */
static void walk(void)
{
	u32 reason = vm_ask(&vm, EXITSTAT_LEAF_NEXT, 0).eax, before;
	struct exitstat_regs regs;
	u64 sum = 0;

	while (reason != EXITSTAT_NEXT_NONE) {
		regs = vm_ask(&vm, EXITSTAT_LEAF_SNAPSHOT, reason);
		sum += (u64)regs.ebx << 32 | regs.eax;
		before = reason;
		reason = vm_ask(&vm, EXITSTAT_LEAF_NEXT, reason + 1).eax;
		if (reason <= before)
			must_be_null("next goes back");
	}
	regs = vm_ask(&vm, EXITSTAT_LEAF_EXITS, 0);
	if (sum != exits || ((u64)regs.ebx << 32 | regs.eax) != exits)
		must_be_null("the guest does not see the exits that there were");
}

/* Of all reasons: the map tells the buckets that have some, and these are the exits that are over. */
static void walk_buckets(void)
{
	struct exitstat_regs map = vm_ask(&vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS), regs;
	u64 told = (u64)map.edx << 32 | map.ecx, found = 0, sum = 0, narrow = 0, counts[2];
	u32 bucket;

	for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket += 2) {
		regs = vm_ask(&vm, EXITSTAT_LEAF_HISTOGRAM,
			      EXITSTAT_ALL_REASONS | bucket << EXITSTAT_BUCKET_SHIFT);
		counts[0] = (u64)regs.ebx << 32 | regs.eax;
		counts[1] = (u64)regs.edx << 32 | regs.ecx;
		found |= (u64)!!counts[0] << bucket | (u64)!!counts[1] << (bucket + 1);
		sum += counts[0] + counts[1];
	}
	for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket += 4) {
		regs = vm_ask(&vm, EXITSTAT_LEAF_HISTOGRAM, EXITSTAT_ALL_REASONS |
			      EXITSTAT_FOUR_BUCKETS | bucket << EXITSTAT_BUCKET_SHIFT);
		narrow += (u64)regs.eax + regs.ebx + regs.ecx + regs.edx;
	}
	if (narrow != sum)
		must_be_null("four buckets at once are not what two and two are");
	if (found != told)
		must_be_null("the map is not that of the buckets");
	if (sum > exits || exits - sum > VM_NR_VCPUS)
		must_be_null("the guest does not see the exits that are over in its buckets");
}

static void obey(u8 command, struct input *input)
{
	struct life *life = &lives[(command >> 4) % VM_NR_VCPUS];
	enum exitstat_numbering numbering;
	u32 leaf;

	switch (command & 0xf) {
	case 0 ... LIFE_NR_EVENTS - 1:
		happen(life, command & 0xf, input);
		break;
	case COMMAND_DESTROY:
		destroy(life);
		break;
	case COMMAND_STEP_BACK:
		vm.now -= take(input, 4);
		break;
	case COMMAND_JUMP:
		vm.now += take(input, 4) << 8;
		break;
	case COMMAND_ASK:
		leaf = EXITSTAT_LEAF_FIRST + (take(input, 1) & 0xf);
		numbering = take(input, 1) % EXITSTAT_NR_NUMBERINGS;
		ask(exitstat_renumber(leaf, numbering), take(input, 4));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };

	begin(take(&input, 1) & 1 ? EXITSTAT_SPACE_SVM : EXITSTAT_SPACE_VMX);
	while (input.left)
		obey(take(&input, 1), &input);
	walk();
	walk_buckets();
	return 0;
}
