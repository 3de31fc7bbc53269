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

static bool is_bool(const struct btf_type *type)
{
	return type && BTF_INFO_KIND(type->info) == BTF_KIND_INT &&
	       BTF_INT_ENCODING(*(const u32 *)(type + 1)) & BTF_INT_BOOL;
}

/* Of a pointer to a function (void *data, struct ..., bool ...). */
static unsigned int count_arguments(const struct btf *btf, const struct btf_type *type)
{
	const struct btf_param *parameter;
	unsigned int i, n;

	type = skip_typedefs(btf, type);
	type = type ? btf_type_by_id(btf, type->type) : NULL;
	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC_PROTO)
		return 0;
	n = BTF_INFO_VLEN(type->info);
	parameter = (const struct btf_param *)(type + 1);
	for (i = 2; i < n; i++)
		if (!is_bool(skip_typedefs(btf, btf_type_by_id(btf, parameter[i].type))))
			return 0;
	return n ? n - 1 : 0;
}

/**
 * exitstat_tracepoint_arguments - how many arguments a tracepoint has
 * @name: its name; behind the first argument there may be flags
 *
 * Return: their number, 0 when the kernel does not tell, or an argument is not a flag.
 */
unsigned int exitstat_tracepoint_arguments(const char *name)
{
	char type_name[64];
	struct btf *btf;
	unsigned int n;
	s32 id;

	if (!IS_ENABLED(CONFIG_DEBUG_INFO_BTF_MODULES) || !find_functions())
		return 0;
	snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = static_call(find_type)(type_name, BTF_KIND_TYPEDEF, &btf);
	if (id <= 0)
		return 0;
	n = count_arguments(btf, btf_type_by_id(btf, id));
	static_call(put_btf)(btf);
	return n;
}
