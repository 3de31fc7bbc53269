// SPDX-License-Identifier: GPL-2.0
/*
 * terms TERM: what the programs of a term of the course read, with the leaves and registers of
 * that term, against exitstat's snapshot leaf, which is the same in every numbering.
 */
#include <err.h>
#include <string.h>

#include "small_vm.h"
#include "tap.h"

#define TIMES	1000

/* The leaves of each term, from its exercise; 0 where it has none. */
static const struct term {
	const char *name;
	uint32_t exits, cycles, reason_exits, reason_cycles;
} terms[] = {
	{ "fall2020", 0x4fffffff, 0x4fffffff, 0x4ffffffe, 0 },
	{ "spring2021", 0x4fffffff, 0x4fffffff, 0x4ffffffe, 0 },
	{ "fall2021", 0x4fffffff, 0x4ffffffe, 0x4ffffffd, 0x4ffffffc },
	{ "spring2022", 0x4fffffff, 0x4ffffffe, 0x4ffffffd, 0x4ffffffc },
	{ "fall2022", 0x4ffffffc, 0x4ffffffd, 0x4ffffffe, 0x4fffffff },
	{ "fall2023", 0x4fffffff, 0x4ffffffe, 0x4ffffffd, 0x4ffffffc },
};

static const struct term *find_term(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(terms) / sizeof(*terms); i++)
		if (!strcmp(terms[i].name, name))
			return &terms[i];
	errx(1, "unknown term %s", name);
}

/* Every term's programs: exits in EAX, cycles in EBX and ECX, high and low. */
static uint64_t exits_of(const struct guest_query *query)
{
	return query->rax;
}

static uint64_t cycles_of(const struct guest_query *query)
{
	return query->rbx << 32 | query->rcx;
}

static uint64_t snapshot_exits(const struct guest_query *query)
{
	return query->rbx << 32 | query->rax;
}

static uint64_t snapshot_cycles(const struct guest_query *query)
{
	return query->rdx << 32 | query->rcx;
}

/* Three readings in a row, of which the term's is in the middle. */
static const struct guest_query *ask(struct small_vm *vm, uint32_t leaf, uint32_t ecx,
				     uint32_t selector)
{
	struct guest_query *query = vm_shared(vm, 0)->queries;

	query[0] = query[2] = (struct guest_query){
		.leaf = EXITSTAT_LEAF_SNAPSHOT, .index = selector };
	query[1] = (struct guest_query){ .leaf = leaf, .index = ecx };
	vm_run(vm, 0, GUEST_ASK, 3);
	return query;
}

static bool exits_are_between(const struct guest_query *query)
{
	return snapshot_exits(&query[0]) < exits_of(&query[1]) &&
	       exits_of(&query[1]) < snapshot_exits(&query[2]);
}

static bool cycles_are_between(const struct guest_query *query)
{
	return snapshot_cycles(&query[0]) < cycles_of(&query[1]) &&
	       cycles_of(&query[1]) < snapshot_cycles(&query[2]);
}

static void test_totals(struct small_vm *vm, const struct term *term)
{
	const struct guest_query *query;

	query = ask(vm, term->exits, 0, EXITSTAT_ALL_REASONS);
	ok(exits_are_between(query), "%s: exits, in leaf %#x", term->name, term->exits);
	query = ask(vm, term->cycles, 0, EXITSTAT_ALL_REASONS);
	ok(cycles_are_between(query), "%s: cycles, in leaf %#x", term->name, term->cycles);
}

/* Only the readings themselves are CPUIDs: their exits are known to the last one. */
static void test_reason(struct small_vm *vm, const struct term *term)
{
	uint32_t reason = reason_of(GUEST_CPUID);
	const struct guest_query *query;
	uint64_t before;

	query = ask(vm, term->reason_exits, reason, reason);
	before = exits_of(&query[1]);
	ok(before == snapshot_exits(&query[0]) + 1 && snapshot_exits(&query[2]) == before + 1,
	   "%s: exits by reason, in leaf %#x", term->name, term->reason_exits);
	vm_run(vm, 0, GUEST_CPUID, TIMES);
	query = ask(vm, term->reason_exits, reason, reason);
	ok(exits_of(&query[1]) == before + TIMES + 3, "%s: %d CPUIDs are %d exits", term->name,
	   TIMES, TIMES);
	if (!term->reason_cycles)
		return;
	query = ask(vm, term->reason_cycles, reason, reason);
	ok(cycles_are_between(query), "%s: cycles by reason, in leaf %#x", term->name,
	   term->reason_cycles);
}

static void test_undefined(struct small_vm *vm, const struct term *term)
{
	struct guest_query query = vm_ask(vm, 0, term->reason_exits, 0x3ff);

	ok(!query.rax && !query.rbx && !query.rcx && query.rdx == EXITSTAT_UNDEFINED,
	   "%s: EDX says that a reason is not defined", term->name);
}

static void test_other_leaves(struct small_vm *vm, const struct term *term)
{
	struct guest_query query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	uint32_t words[3] = { query.rbx, query.rcx, query.rdx };

	ok(query.rax == EXITSTAT_ABI_VERSION && !memcmp(words, EXITSTAT_SIGNATURE, 12),
	   "%s: exitstat identifies itself as ever", term->name);
}

int main(int argc, char **argv)
{
	const struct term *term;
	struct small_vm vm;

	if (argc != 2)
		errx(1, "usage: terms TERM");
	term = find_term(argv[1]);
	vm_create(&vm, 1);
	test_totals(&vm, term);
	test_reason(&vm, term);
	test_undefined(&vm, term);
	test_other_leaves(&vm, term);
	vm_destroy(&vm);
	return done_testing();
}
