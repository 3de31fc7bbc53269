# SPDX-License-Identifier: GPL-2.0
O := build
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror

$(O)/course: examples/course.c include/exitstat_abi.h
	@mkdir -p $(O)
	$(CC) $(CFLAGS) -Iinclude -static -o $@ $<
