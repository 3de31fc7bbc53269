// SPDX-License-Identifier: GPL-2.0
/*
 * The running kernel describes its own types, and those of its modules: BTF. What reads it
 * is not exported everywhere, so it is found by name.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include "member.h"
#include "symbol.h"

typedef s32 find_type_function(const char *name, u32 kind, struct btf **btf);
typedef const char *name_function(const struct btf *btf, u32 offset);
typedef void put_function(struct btf *btf);

DEFINE_STATIC_CALL_NULL(find_type, *(find_type_function *)NULL);
DEFINE_STATIC_CALL_NULL(name_at, *(name_function *)NULL);
DEFINE_STATIC_CALL_NULL(put_btf, *(put_function *)NULL);

static bool find_functions(void)
{
	find_type_function *find_type = exitstat_kernel_symbol("bpf_find_btf_id");
	name_function *name_at = exitstat_kernel_symbol("btf_name_by_offset");
	put_function *put_btf = exitstat_kernel_symbol("btf_put");

	if (!find_type || !name_at || !put_btf)
		return false;
	static_call_update(find_type, find_type);
	static_call_update(name_at, name_at);
	static_call_update(put_btf, put_btf);
	return true;
}

static unsigned int offset_of(const struct btf *btf, const struct btf_type *type,
			      const char *name)
{
	const struct btf_member *member;
	int i;

	for_each_member(i, type, member)
		if (!strcmp(static_call(name_at)(btf, member->name_off), name))
			return __btf_member_bit_offset(type, member) / 8;
	return 0;
}

/**
 * exitstat_member_offset - where a member lies in a structure
 * @structure: a structure of the kernel's or of a module's
 * @member: a member other than its first
 *
 * Return: the offset in bytes, 0 when the kernel does not tell.
 */
unsigned int exitstat_member_offset(const char *structure, const char *member)
{
	unsigned int offset;
	struct btf *btf;
	s32 id;

	if (!IS_ENABLED(CONFIG_DEBUG_INFO_BTF_MODULES) || !find_functions())
		return 0;
	id = static_call(find_type)(structure, BTF_KIND_STRUCT, &btf);
	if (id <= 0)
		return 0;
	offset = offset_of(btf, btf_type_by_id(btf, id), member);
	static_call(put_btf)(btf);
	return offset;
}

static const struct btf_type *skip_typedefs(const struct btf *btf, const struct btf_type *type)
{
	while (type && btf_type_is_typedef(type))
		type = btf_type_by_id(btf, type->type);
	return type;
}

static char letter_of(const struct btf *btf, u32 id)
{
	const struct btf_type *type = skip_typedefs(btf, btf_type_by_id(btf, id));

	if (type && btf_type_is_ptr(type))
		return 'p';
	if (!type || !btf_type_is_int(type))
		return '?';
	switch (BTF_INT_ENCODING(*(const u32 *)(type + 1))) {
	case BTF_INT_BOOL:
		return 'b';
	case 0:
		return '0' + type->size;
	}
	return '?';
}

/* Of a pointer to a function (void *data, ...), without the first. */
static void describe(const struct btf *btf, const struct btf_type *type, char *letters, size_t size)
{
	const struct btf_param *parameter;
	size_t i, n;

	type = skip_typedefs(btf, type);
	type = type ? btf_type_by_id(btf, type->type) : NULL;
	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC_PROTO)
		return;
	parameter = (const struct btf_param *)(type + 1);
	n = clamp_t(size_t, BTF_INFO_VLEN(type->info), 1, size);
	for (i = 1; i < n; i++)
		letters[i - 1] = letter_of(btf, parameter[i].type);
	letters[n - 1] = '\0';
}

/**
 * exitstat_tracepoint_arguments - which arguments a tracepoint has
 * @name: its name
 * @letters: one for each argument: p a pointer, b a flag, 4 or 8 an unsigned integer of as many
 *	bytes, ? anything else; none when the kernel does not tell
 * @size: of @letters in bytes; what does not fit is left out
 */
void exitstat_tracepoint_arguments(const char *name, char *letters, size_t size)
{
	char type_name[64];
	struct btf *btf;
	s32 id;

	letters[0] = '\0';
	if (!IS_ENABLED(CONFIG_DEBUG_INFO_BTF_MODULES) || !find_functions())
		return;
	snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = static_call(find_type)(type_name, BTF_KIND_TYPEDEF, &btf);
	if (id <= 0)
		return;
	describe(btf, btf_type_by_id(btf, id), letters, size);
	static_call(put_btf)(btf);
}
