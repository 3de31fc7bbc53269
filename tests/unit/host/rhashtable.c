// SPDX-License-Identifier: GPL-2.0
/* The kernel's hash tables, as lists: for the module's tables in tests. */
#include "test.h"
#include "host.h"

int rhashtable_init(struct rhashtable *table, const struct rhashtable_params *params)
{
	host_check(params->hashfn && params->obj_cmpfn, "a table cannot hash or compare");
	table->first = NULL;
	return host_is_out_of_memory() ? -ENOMEM : 0;
}

void rhashtable_destroy(struct rhashtable *table)
{
	host_check(!table->first, "there are records when a table goes");
}

/* An object whose key has another hash is in another bucket. */
void *rhashtable_lookup(struct rhashtable *table, const void *key,
			struct rhashtable_params params)
{
	struct rhashtable_compare_arg arg = { .key = key };
	u32 hash = params.hashfn(key, params.key_len, 0);
	struct rhash_head *node;
	char *object;

	for (node = table->first; node; node = node->next) {
		object = (char *)node - params.head_offset;
		if (params.hashfn(object + params.key_offset, params.key_len, 0) == hash &&
		    !params.obj_cmpfn(&arg, object)) {
			host_any_moment();
			return object;
		}
	}
	return NULL;
}

int rhashtable_insert_fast(struct rhashtable *table, struct rhash_head *node,
			   struct rhashtable_params params)
{
	(void)params;
	if (host_is_out_of_memory())
		return -ENOMEM;
	node->next = table->first;
	table->first = node;
	host_any_moment();
	return 0;
}

void rhashtable_remove(struct rhashtable *table, struct rhash_head *node)
{
	struct rhash_head **place = &table->first;

	host_any_moment();
	while (*place && *place != node)
		place = &(*place)->next;
	host_check(*place, "a record is taken that is not there");
	*place = node->next;
	host_any_moment();
}
