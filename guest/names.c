// SPDX-License-Identifier: GPL-2.0
/*
 * Four events for each exit reason of the vendor and for all of them: exits, their time in the
 * host's kernel, returns to the VMM and its time; two for each state: times entered, and time.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ask.h"
#include "config.h"
#include "exitstat_names.h"
#include "names.h"
#include "restrict.h"

#define NAME_SIZE	48

/* A count has one file; a time has two more. */
#define FILES_OF_PAIR	4
#define FILES_OF_REASON	(2 * FILES_OF_PAIR)

struct named_event {
	struct device_attribute attr;
	u64 config;
	char name[NAME_SIZE];
};

static struct named_event *files;
static struct attribute **file_attrs;
static unsigned int nr_files;

/* The frequency of the host's TSC, and when it was asked for. */
static u32 host_khz;
static unsigned long asked_at;

static ssize_t event_show(struct device *dev, struct device_attribute *attr, char *page)
{
	u64 config = container_of(attr, struct named_event, attr)->config;
	u32 leaf = exitstat_config_leaf(config), ecx = config;
	const char *tsc = config & EXITSTAT_CONFIG_TSC ? ",tsc=1" : "";

	leaf -= EXITSTAT_LEAF_FIRST;
	if (exitstat_config_leaf(config) == EXITSTAT_LEAF_STATE)
		return sysfs_emit(page, "leaf=%u,state=%u%s\n", leaf, ecx, tsc);
	if (ecx == EXITSTAT_ALL_REASONS)
		return sysfs_emit(page, "leaf=%u,all=1%s\n", leaf, tsc);
	return sysfs_emit(page, "leaf=%u,reason=0x%x%s\n", leaf, ecx, tsc);
}

static ssize_t unit_show(struct device *dev, struct device_attribute *attr, char *page)
{
	return sysfs_emit(page, "us\n");
}

/* The VM may have moved to another host. perf reads a file for each event as it starts. */
static u32 ask_tsc_khz(void)
{
	struct exitstat_regs properties;

	if (time_before(jiffies, READ_ONCE(asked_at) + HZ) || !exitstat_is_there())
		return READ_ONCE(host_khz);
	exitstat_ask_properties(&properties);
	if (properties.eax)
		WRITE_ONCE(host_khz, properties.eax);
	WRITE_ONCE(asked_at, jiffies);
	return READ_ONCE(host_khz);
}

/* Microseconds of a cycle are 1000 / kHz; in units of 10^-15 that is 10^18 / kHz. */
static ssize_t scale_show(struct device *dev, struct device_attribute *attr, char *page)
{
	return sysfs_emit(page, "0.%015llu\n",
			  div_u64(NSEC_PER_SEC * (u64)NSEC_PER_SEC, ask_tsc_khz()));
}

typedef ssize_t show_function(struct device *dev, struct device_attribute *attr, char *page);

/* perf wants names in lower case, and without blanks. */
static void make_name(char *to, const char *name, const char *suffix)
{
	char *c;

	snprintf(to, NAME_SIZE, "%s%s", name, suffix);
	for (c = to; *c; c++)
		*c = *c == ' ' || *c == '-' ? '_' : tolower(*c);
}

static void add_file(const char *name, const char *suffix, show_function *show, u64 config)
{
	struct named_event *file = &files[nr_files];

	make_name(file->name, name, suffix);
	file->config = config;
	sysfs_attr_init(&file->attr.attr);
	file->attr.attr.name = file->name;
	file->attr.attr.mode = 0444;
	file->attr.show = show;
	file_attrs[nr_files++] = &file->attr.attr;
}

struct suffixes {
	const char *count, *time, *unit, *scale;
};

static void add_pair(const char *name, const struct suffixes *suffixes, u64 config)
{
	add_file(name, suffixes->count, event_show, config);
	add_file(name, suffixes->time, event_show, config | EXITSTAT_CONFIG_TSC);
	add_file(name, suffixes->unit, unit_show, 0);
	add_file(name, suffixes->scale, scale_show, 0);
}

static const struct suffixes plain = { "", "_time", "_time.unit", "_time.scale" };
static const struct suffixes of_vmm = {
	"_returns", "_vmm_time", "_vmm_time.unit", "_vmm_time.scale"
};

static void add_reason(const char *name, u32 selector)
{
	add_pair(name, &plain, exitstat_config(EXITSTAT_LEAF_SNAPSHOT, selector));
	add_pair(name, &of_vmm, exitstat_config(EXITSTAT_LEAF_VMM, selector));
}

static void add_states(void)
{
	u32 state;

	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		add_pair(exitstat_state_names[state], &plain,
			 exitstat_config(EXITSTAT_LEAF_STATE, state));
}

PMU_FORMAT_ATTR(reason, "config:0-15");
PMU_FORMAT_ATTR(state, "config:0-7");
PMU_FORMAT_ATTR(all, "config:30");
PMU_FORMAT_ATTR(leaf, "config:32-35");
PMU_FORMAT_ATTR(tsc, "config:36");
PMU_FORMAT_ATTR(answer, "config:37");
PMU_FORMAT_ATTR(ecx, "config:0-31");

static struct attribute *format_attrs[] = {
	&format_attr_reason.attr,
	&format_attr_state.attr,
	&format_attr_all.attr,
	&format_attr_leaf.attr,
	&format_attr_tsc.attr,
	&format_attr_answer.attr,
	&format_attr_ecx.attr,
	NULL
};

static const struct attribute_group format_group = {
	.name = "format",
	.attrs = format_attrs,
};

static struct attribute_group events_group = {
	.name = "events",
};

const struct attribute_group *exitstat_attr_groups[] = {
	&format_group, &events_group, &exitstat_caps_group, NULL
};

/**
 * exitstat_names_init - make the files, before the PMU is registered
 * @space: EXITSTAT_SPACE_*
 * @khz: frequency of the host's TSC
 *
 * Return: 0, or -ENOMEM.
 */
int exitstat_names_init(u32 space, u32 khz)
{
	const struct exitstat_name *names = exitstat_vmx_names;
	unsigned int n = ARRAY_SIZE(exitstat_vmx_names), most;

	if (space == EXITSTAT_SPACE_SVM) {
		names = exitstat_svm_names;
		n = ARRAY_SIZE(exitstat_svm_names);
	}
	/* "exits" and "other" as well. */
	most = (n + 2) * FILES_OF_REASON + EXITSTAT_NR_STATES * FILES_OF_PAIR;
	files = kvcalloc(most, sizeof(*files), GFP_KERNEL);
	file_attrs = kvcalloc(most + 1, sizeof(*file_attrs), GFP_KERNEL);
	if (!files || !file_attrs) {
		exitstat_names_exit();
		return -ENOMEM;
	}
	host_khz = khz;
	asked_at = jiffies;
	add_reason("exits", EXITSTAT_ALL_REASONS);
	add_reason("other", EXITSTAT_REASON_OTHER);
	for (; n; n--, names++)
		add_reason(names->name, names->reason & EXITSTAT_REASON_MASK);
	add_states();
	events_group.attrs = file_attrs;
	return 0;
}

/** exitstat_names_exit - when the PMU is no more */
void exitstat_names_exit(void)
{
	kvfree(file_attrs);
	kvfree(files);
}
