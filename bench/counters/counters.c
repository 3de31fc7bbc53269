// SPDX-License-Identifier: GPL-2.0
#include "counters.h"

u64 total_exits, total_cycles;
