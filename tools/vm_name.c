// SPDX-License-Identifier: GPL-2.0
/* What a VM is called, by the command line of its QEMU; libvirt always gives it both. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vm_name.h"

/* The initial PID namespace has had this number ever since namespaces have numbers. */
#define INITIAL_PID_NAMESPACE	0xeffffffc

/* In a container that has process numbers of its own they mean other processes. */
static bool numbers_are_the_hosts(void)
{
	struct stat ns;

	return !stat("/proc/self/ns/pid", &ns) && ns.st_ino == INITIAL_PID_NAMESPACE;
}

static FILE *open_proc(int pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return fopen(path, "re");
}

/* How many bytes a printable character takes, 0 for what is none, or not UTF-8. */
static size_t length_of(const unsigned char *c)
{
	static const uint32_t least[] = { 0, 0xa0, 0x800, 0x10000 };
	size_t more = *c >> 5 == 6 ? 1 : *c >> 4 == 14 ? 2 : *c >> 3 == 30 ? 3 : 0, i;
	uint32_t point = *c & (0x3f >> more);

	if (!more)
		return *c >= ' ' && *c < 0x7f;
	for (i = 1; i <= more; i++) {
		if (c[i] >> 6 != 2)
			return 0;
		point = point << 6 | (c[i] & 0x3f);
	}
	return point < least[more] || point > 0x10ffff || point >> 11 == 27 ? 0 : more + 1;
}

/* Anybody may name a process: no terminal is to obey, no JSON to break. */
static void make_printable(char *text)
{
	unsigned char *c = (unsigned char *)text;
	size_t length;

	for (; *c; c += length) {
		length = length_of(c);
		if (!length) {
			*c = '?';
			length = 1;
		}
	}
}

/* Up to a comma, of which two stand for one. Return: what comes after it. */
static const char *next_item(const char *options, char *item)
{
	for (; *options && (*options != ',' || options[1] == ','); options++) {
		options += *options == ',';
		*item++ = *options;
	}
	*item = 0;
	return *options ? options + 1 : options;
}

/* As "guest=web,debug-threads=on", or "web,process=qemu". NULL when it has no name. */
static char *guest_of(const char *options)
{
	char *item = malloc(strlen(options) + 1), *guest = NULL;
	const char *rest = options, *start;

	while (item && *rest) {
		start = rest;
		rest = next_item(rest, item);
		if (strncmp(item, "guest=", 6) && (start != options || strchr(item, '=')))
			continue;
		free(guest);
		guest = strdup(strncmp(item, "guest=", 6) ? item : item + 6);
	}
	free(item);
	return guest;
}

static bool is_option(const char *word, const char *option)
{
	return *word == '-' && !strcmp(word + 1 + (word[1] == '-'), option);
}

static void replace(char **text, char *by)
{
	if (!by)
		return;
	free(*text);
	*text = by;
}

/* The last of its kind holds. */
static void take_arguments(FILE *file, struct vm_name *name)
{
	enum { OTHER, NAME, UUID } option = OTHER;
	char *word = NULL;
	size_t size = 0;

	while (getdelim(&word, &size, 0, file) > 0) {
		if (option == NAME)
			replace(&name->name, guest_of(word));
		else if (option == UUID)
			replace(&name->uuid, strdup(word));
		option = option != OTHER ? OTHER : is_option(word, "name") ? NAME :
			 is_option(word, "uuid") ? UUID : OTHER;
	}
	free(word);
}

static char *process_name(int pid)
{
	FILE *file = open_proc(pid, "comm");
	char *name = NULL;
	size_t size = 0;
	ssize_t length = -1;

	if (file) {
		length = getline(&name, &size, file);
		fclose(file);
	}
	if (length < 1) {
		free(name);
		return NULL;
	}
	name[length - 1] = 0;
	return name;
}

struct vm_name vm_name_of(int pid)
{
	struct vm_name name = { NULL, NULL };
	FILE *file;

	if (!numbers_are_the_hosts())
		return name;
	file = open_proc(pid, "cmdline");
	if (file) {
		take_arguments(file, &name);
		fclose(file);
	}
	if (!name.name || !*name.name)
		replace(&name.name, process_name(pid));
	if (name.name)
		make_printable(name.name);
	if (name.uuid)
		make_printable(name.uuid);
	return name;
}

void vm_name_free(struct vm_name *name)
{
	free(name->name);
	free(name->uuid);
}
