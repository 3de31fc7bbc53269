/* SPDX-License-Identifier: GPL-2.0 */
/* The few things of the kernel that account, leaves and reasons use, for userspace. */
#ifndef USERSPACE_H
#define USERSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define PAGE_SIZE	4096
#define __aligned(n)	__attribute__((aligned(n)))
#define ____cacheline_aligned	__aligned(64)
#ifndef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#endif
#define static_assert(condition)	_Static_assert(condition, #condition)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define array_index_nospec(index, size)	((void)(size), (index))
#define smp_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)
#define kcsan_nestable_atomic_begin()	((void)0)
#define kcsan_nestable_atomic_end()	((void)0)
#define __read_mostly
#define cpu_relax()	__builtin_ia32_pause()
#define DECLARE_STATIC_KEY_FALSE(name)	extern bool name
#define DEFINE_STATIC_KEY_FALSE(name)	bool name
#define static_branch_unlikely(key)	(*(key))
#define static_branch_enable(key)	(*(key) = true)
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#endif /* USERSPACE_H */
