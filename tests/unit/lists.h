/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's lists, as far as what is tested here walks them alone. */
#ifndef LISTS_H
#define LISTS_H

#include <stddef.h>

#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)	struct list_head name = { &(name), &(name) }

static inline void list_add(struct list_head *entry, struct list_head *before)
{
	entry->next = before->next;
	entry->prev = before;
	before->next->prev = entry;
	before->next = entry;
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

#define entry_of(list, pos, member)	container_of(list, __typeof__(*(pos)), member)

#define list_for_each_entry(pos, list, member) \
	for (pos = entry_of((list)->next, pos, member); &pos->member != (list); \
	     pos = entry_of(pos->member.next, pos, member))

#endif /* LISTS_H */
