// SPDX-License-Identifier: GPL-2.0
/* Which VMs there are, and which is meant. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vm_list.h"

/* How many candidates are told of a name that is not one VM's alone. */
#define MAX_CANDIDATES	5

/* Both are in the order of their numbers, which are never used again. */
static void take_names(struct vm_list *list, struct vm_list *from)
{
	size_t old = 0, i;

	for (i = 0; i < list->n; i++) {
		while (old < from->n && from->vm[old].host.id < list->vm[i].host.id)
			old++;
		if (old == from->n || from->vm[old].host.id != list->vm[i].host.id) {
			list->vm[i].name = vm_name_of(list->vm[i].host.pid);
			continue;
		}
		list->vm[i].name = from->vm[old].name;
		from->vm[old].name = (struct vm_name){ NULL, NULL };
	}
}

int vm_list_update(struct exitstat *es, struct vm_list *list)
{
	struct exitstat_vm *vms;
	struct vm_list now;
	long n = exitstat_vms(es, &vms), i;

	if (n < 0)
		return n;
	now = (struct vm_list){ .n = n, .vm = allocate(n ? n : 1, sizeof(*now.vm)) };
	for (i = 0; i < n; i++)
		now.vm[i].host = vms[i];
	free(vms);
	take_names(&now, list);
	vm_list_free(list);
	*list = now;
	return 0;
}

void vm_list_free(struct vm_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		vm_name_free(&list->vm[i].name);
	free(list->vm);
	*list = (struct vm_list){ .n = 0 };
}

static bool is_called(const struct vm *vm, const char *word)
{
	return (vm->name.name && !strcmp(vm->name.name, word)) ||
	       (vm->name.uuid && !strcasecmp(vm->name.uuid, word));
}

static bool is_process(const struct vm *vm, const char *word)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", vm->host.pid);
	return !strcmp(pid, word);
}

static bool is_number(const struct vm *vm, const char *word)
{
	char id[32];

	snprintf(id, sizeof(id), "id=%" PRIu64, vm->host.id);
	return !strcmp(id, word);
}

typedef bool match_fn(const struct vm *vm, const char *word);

static size_t count_matches(const struct vm_list *list, match_fn *match, const char *word,
			    const struct vm **found)
{
	size_t n = 0, i;

	for (i = 0; i < list->n; i++)
		if (match(&list->vm[i], word)) {
			*found = &list->vm[i];
			n++;
		}
	return n;
}

__attribute__((noreturn))
static void ambiguous(const struct vm_list *list, match_fn *match, const char *word)
{
	char text[MAX_CANDIDATES * 64] = "";
	size_t used = 0, n = 0, i;
	const struct vm *vm;

	for (i = 0; i < list->n && n < MAX_CANDIDATES; i++) {
		vm = &list->vm[i];
		if (match(vm, word))
			used += snprintf(text + used, sizeof(text) - used,
					 "%s id=%" PRIu64 " (process %d)", n++ ? "," : "",
					 vm->host.id, vm->host.pid);
	}
	die(STATUS_USAGE, "more than one VM is '%s'; take one of%s%s", word, text,
	    i < list->n ? ", ...: see exitstat vms" : "");
}

/* A number may be a VM's name before it is a process. */
const struct vm *vm_list_find(const struct vm_list *list, const char *word)
{
	static match_fn *const matches[] = { is_called, is_process, is_number };
	const struct vm *found = NULL;
	size_t i, n;

	for (i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		n = count_matches(list, matches[i], word, &found);
		if (n > 1)
			ambiguous(list, matches[i], word);
		if (n)
			return found;
	}
	die(STATUS_USAGE, "there is no VM '%s' here that has run: exitstat vms lists those that "
	    "there are, with name, UUID and process", word);
}
