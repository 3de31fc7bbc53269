// SPDX-License-Identifier: GPL-2.0
/*
 * What an exit and the entry after it write, by the account itself: which of its words differ
 * afterwards, and how many cache lines they are in.
 */
#include <stdio.h>
#include <string.h>

#include "account.h"

#define CACHE_LINE	64
#define WORDS		(sizeof(struct exitstat_account) / sizeof(u64))
#define LINE_WORDS	(CACHE_LINE / sizeof(u64))

union words {
	struct exitstat_account account;
	u64 word[WORDS];
};

/* The most that any reason's exit writes. */
int main(void)
{
	static union words now, before;
	size_t words, lines, most_words = 0, most_lines = 0, i, last;
	int slot;

	exitstat_account_init(&now.account, 0);
	exitstat_account_entry(&now.account, 1);
	for (slot = 0; slot < EXITSTAT_NR_SLOTS; slot++) {
		before = now;
		exitstat_account_exit(&now.account, slot, now.account.since + 1000);
		exitstat_account_entry(&now.account, now.account.since + 1000);
		words = lines = 0;
		last = WORDS;
		for (i = 0; i < WORDS; i++) {
			if (now.word[i] == before.word[i])
				continue;
			words++;
			lines += i / LINE_WORDS != last;
			last = i / LINE_WORDS;
		}
		most_words = words > most_words ? words : most_words;
		most_lines = lines > most_lines ? lines : most_lines;
	}
	puts("way\tbytes written\tcache lines\tof them shared by vCPUs");
	printf("exitstat's account\t%zu\t%zu\t0\n", most_words * sizeof(u64), most_lines);
	printf("two global counters\t%zu\t1\t1\n", 2 * sizeof(u64));
	return 0;
}
