// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Is exitstat here, and if not, why not? */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "handle.h"

#define LEAF_VENDOR	0x00000000
#define LEAF_FEATURES	0x00000001
#define LEAF_HYPERVISOR	0x40000000

#define ECX_HYPERVISOR	(1u << 31)

/* An interface of another hypervisor's at LEAF_HYPERVISOR moves KVM's own up by this. */
#define NEXT_HYPERVISOR	0x100

bool exitstat_is_signature(const struct exitstat_regs *regs)
{
	return !memcmp(&regs->ebx, EXITSTAT_SIGNATURE, sizeof(EXITSTAT_SIGNATURE));
}

static void take_text(char text[13], uint32_t a, uint32_t b, uint32_t c)
{
	const uint32_t parts[] = { a, b, c };

	memcpy(text, parts, sizeof(parts));
	text[12] = 0;
}

/* A KVM that is told to hide answers an Intel CPU with the highest basic leaf's data. */
static void take_name(char name[13], const struct exitstat_regs *regs)
{
	size_t i;

	take_text(name, regs->ebx, regs->ecx, regs->edx);
	for (i = 0; name[i]; i++)
		if (!isprint((unsigned char)name[i]))
			name[0] = 0;
}

/* QEMU can have KVM speak like Hyper-V, like Xen, or like both. */
static bool may_hide_kvm(const struct exitstat_regs *regs)
{
	return !memcmp(&regs->ebx, "Microsoft Hv", 12) || !memcmp(&regs->ebx, "XenVMMXenVMM", 12);
}

/* @regs: the answer of the first interface. An older recording has no further one. */
static int look_behind(struct exitstat *es, struct exitstat_regs *regs)
{
	uint32_t leaf = LEAF_HYPERVISOR;
	int err = 0;

	while (!err && may_hide_kvm(regs) && leaf < LEAF_HYPERVISOR + 2 * NEXT_HYPERVISOR) {
		leaf += NEXT_HYPERVISOR;
		err = exitstat_query(es, leaf, 0, regs);
	}
	if (!err && !memcmp(&regs->ebx, "KVMKVMKVM\0\0", 12))
		take_name(es->host.hypervisor, regs);
	return err == EXITSTAT_ERR_REPLAY ? 0 : err;
}

/* Without a hypervisor its leaves are answered at random. */
static int ask_hypervisor(struct exitstat *es)
{
	struct exitstat_host *host = &es->host;
	struct exitstat_regs regs;
	int err;

	err = exitstat_query(es, LEAF_FEATURES, 0, &regs);
	if (err)
		return err;
	host->is_vm = !!(regs.ecx & ECX_HYPERVISOR);
	if (!host->is_vm)
		return 0;
	err = exitstat_query(es, LEAF_HYPERVISOR, 0, &regs);
	if (err)
		return err;
	take_name(host->hypervisor, &regs);
	return look_behind(es, &regs);
}

static int classify_answer(struct exitstat *es, const struct exitstat_regs *identity)
{
	static const struct exitstat_regs zeros;
	struct exitstat_host *host = &es->host;
	struct exitstat_regs regs;
	int err;

	err = exitstat_query(es, LEAF_VENDOR, 0, &regs);
	if (err)
		return err;
	take_text(host->vendor, regs.ebx, regs.edx, regs.ecx);
	/* An Intel vCPU gets what the highest basic leaf holds. */
	err = exitstat_query(es, regs.eax, 0, &regs);
	if (err)
		return err;
	if (exitstat_is_signature(identity))
		host->answer = EXITSTAT_ANSWER_SIGNATURE;
	else if (!memcmp(identity, &zeros, sizeof(zeros)))
		host->answer = EXITSTAT_ANSWER_ZEROS;
	else if (!memcmp(identity, &regs, sizeof(regs)))
		host->answer = EXITSTAT_ANSWER_ECHO;
	else
		host->answer = EXITSTAT_ANSWER_OTHER;
	return 0;
}

static const char *const answers[] = {
	[EXITSTAT_ANSWER_ZEROS] = "with zeros, as KVM without exitstat does for an AMD CPU",
	[EXITSTAT_ANSWER_ECHO] =
		"with its highest basic leaf, as KVM without exitstat does for an Intel CPU",
	[EXITSTAT_ANSWER_OTHER] = "with something else",
};

/* Of exitstat_guest.ko: who has closed the leaves to programs. */
#define RESTRICTED	"/sys/bus/event_source/devices/exitstat/caps/restricted"

static uint32_t closed_by(void)
{
	FILE *file = fopen(RESTRICTED, "re");
	char word[8] = "";

	if (!file)
		return 0;
	if (fscanf(file, "%7s", word) != 1)
		*word = 0;
	fclose(file);
	return !strcmp(word, "guest") ? EXITSTAT_RESTRICTED_BY_GUEST :
	       !strcmp(word, "host") ? EXITSTAT_RESTRICTED_BY_HOST : 0;
}

static int cannot_ask_kernel(struct exitstat *es, int err)
{
	char why[sizeof(es->message)];

	snprintf(why, sizeof(why), "%s", es->message);
	return exitstat_fail(es, err, "%s, and %s",
			     es->host.closed & EXITSTAT_RESTRICTED_BY_HOST ?
			     "the host shows exitstat to this VM's kernel only" :
			     "this guest's kernel keeps exitstat from programs (exitstat_guest has "
			     "restrict=1)", why);
}

/*
 * Where programs see no leaves the kernel may, and perf reads them. What it says to this question
 * tells a replay that it was so.
 */
static int ask_kernel(struct exitstat *es)
{
	const struct exitstat_source *cpuid = es->source;
	struct exitstat_regs regs;
	int err;

	if (!exitstat_is_replay(es))
		es->source = &exitstat_perf_source;
	err = exitstat_query(es, EXITSTAT_LEAF_RESTRICT, EXITSTAT_RESTRICT_ASK, &regs);
	if (err) {
		es->source = cpuid;
		return err;
	}
	es->host.closed = regs.eax;
	es->by_perf = true;
	return exitstat_check_identity(es);
}

static int not_exposed(struct exitstat *es)
{
	const struct exitstat_host *host = &es->host;

	if (!host->is_vm)
		return exitstat_fail(es, EXITSTAT_ERR_NOT_A_VM,
			"this is not a virtual machine, or one that hides it: run exitstat in a "
			"guest of KVM");
	if (*host->hypervisor && strcmp(host->hypervisor, "KVMKVMKVM"))
		return exitstat_fail(es, EXITSTAT_ERR_NOT_EXPOSED,
			"exitstat is not here, and the hypervisor calls itself \"%s\": run "
			"exitstat in a guest of KVM", host->hypervisor);
	return exitstat_fail(es, EXITSTAT_ERR_NOT_EXPOSED,
		"exitstat is not exposed to this VM: the host answers %s; ask its administrator to "
		"load kvm_exitstat, or a KVM built with CONFIG_KVM_EXITSTAT, and to expose it; if it is "
		"there for this VM's kernel only: modprobe exitstat_guest",
		answers[host->answer]);
}

static int wrong_abi(struct exitstat *es, uint32_t abi)
{
	return exitstat_fail(es, EXITSTAT_ERR_ABI,
		"the host's exitstat has ABI version %u and this one knows version %u: install "
		"the exitstat that goes with the host's", abi, EXITSTAT_ABI_VERSION);
}

/* A VM may be moved at any time to a host that has another exitstat, or none. */
int exitstat_check_identity(struct exitstat *es)
{
	struct exitstat_regs regs;
	int err = exitstat_query(es, EXITSTAT_LEAF_IDENTIFY, 0, &regs);

	if (err)
		return err;
	if (!exitstat_is_signature(&regs))
		return exitstat_fail(es, EXITSTAT_ERR_NOT_EXPOSED,
			"exitstat is no longer exposed to this VM: it has moved to a host without "
			"exitstat, or its host has unloaded kvm_exitstat; ask the administrator");
	if (regs.eax != EXITSTAT_ABI_VERSION)
		return wrong_abi(es, regs.eax);
	return 0;
}

static int identify_by_kernel(struct exitstat *es)
{
	int err;

	if (exitstat_is_replay(es))
		return ask_kernel(es) ? not_exposed(es) : 0;
	es->host.closed = closed_by();
	if (!es->host.closed)
		return not_exposed(es);
	err = ask_kernel(es);
	return err ? cannot_ask_kernel(es, err) : 0;
}

/* What CPUID says in a guest. */
static int identify_guest(struct exitstat *es)
{
	struct exitstat_regs identity;
	int err = exitstat_query(es, EXITSTAT_LEAF_IDENTIFY, 0, &identity);

	if (!err)
		err = ask_hypervisor(es);
	if (!err)
		err = classify_answer(es, &identity);
	if (err)
		return err;
	if (es->host.answer != EXITSTAT_ANSWER_SIGNATURE)
		return identify_by_kernel(es);
	if (identity.eax == EXITSTAT_ABI_VERSION)
		return 0;
	es->host.abi = identity.eax;
	return wrong_abi(es, identity.eax);
}

/* A host is asked of nothing but exitstat's leaves. */
static int look_around(struct exitstat *es, void *data)
{
	struct exitstat_regs regs;
	int err;

	(void)data;
	err = es->from_host ? exitstat_check_identity(es) : identify_guest(es);
	if (!err)
		err = exitstat_query(es, EXITSTAT_LEAF_PROPERTIES, 0, &regs);
	if (err)
		return err;
	es->host.abi = EXITSTAT_ABI_VERSION;
	es->host.tsc_khz = regs.eax;
	es->host.features = regs.ebx;
	es->host.space = regs.ecx;
	es->host.vcpus = regs.edx;
	return 0;
}

EXPORT int exitstat_open(struct exitstat *es)
{
	return exitstat_on(es, EXITSTAT_VM, look_around, NULL);
}
