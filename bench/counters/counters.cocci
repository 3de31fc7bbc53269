// SPDX-License-Identifier: GPL-2.0
// Two plain global counters around KVM's exit handlers: see counters.h.

@x86_includes@
@@
 #include "x86.h"
+#include "counters.h"

@cpuid_includes depends on !x86_includes@
@@
 #include "cpuid.h"
+#include "counters.h"

@around@
symbol kvm_x86_handle_exit, handle_exit, begin, total_exits, total_cycles;
expression result, vcpu, fastpath;
@@
(
+{
+u64 begin = rdtsc();
+
 result = static_call(kvm_x86_handle_exit)(vcpu, fastpath);
+total_exits++;
+total_cycles += rdtsc() - begin;
+}
|
+{
+u64 begin = rdtsc();
+
 result = kvm_x86_call(handle_exit)(vcpu, fastpath);
+total_exits++;
+total_cycles += rdtsc() - begin;
+}
)

@answer@
identifier vcpu, eax, ebx, ecx, edx, exact_only;
expression leaf, index, exact, used_max_basic;
@@
 kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx, bool exact_only)
 {
 ...
+counters_answer(leaf, eax, ebx, ecx);
 trace_kvm_cpuid(leaf, index, *eax, *ebx, *ecx, *edx, exact, used_max_basic);
 ...
 }
