// SPDX-License-Identifier: GPL-2.0
// The calls of exitstat in KVM's source, for Linux 6.1 to 7.3. A hook that finds no
// place adds nothing; the graft script counts them.

@includes@
@@
 #include "x86.h"
+#include "exitstat/hooks.h"

@cpuid_includes depends on !includes@
@@
 #include "cpuid.h"
+#include "exitstat/hooks.h"

// VM entry and exit. The clock is read next to the function that enters the guest.

@vmx_entry@
identifier run =~ "^vmx_vcpu_run$";
@@
 run(...)
 {
+u64 left_at;
 <...
+exitstat_entry(vcpu);
 vmx_vcpu_enter_exit(...);
+left_at = exitstat_now();
 ...>
 }

// On VMX the reason is known a little later, and only then is it clear that there was
// a VM entry at all: one that fails with VMfail causes no exit.
@vmx_exit@
identifier run =~ "^vmx_vcpu_run$";
expression reason;
statement S;
@@
 run(...)
 {
 ...
+exitstat_exit(reason.basic, left_at);
 trace_kvm_exit(...);
 if (unlikely(reason.failed_vmentry)) S
 ...
 }

// On SVM the guest's SPEC_CTRL is in force around that function, where only the clock is read.
@svm_entry_exit@
identifier run =~ "^svm_vcpu_run$";
expression E;
@@
 run(...)
 {
+u64 left_at;
 <...
+exitstat_entry(vcpu);
 if (E) x86_spec_ctrl_set_guest(...);
 svm_vcpu_enter_exit(...);
+left_at = exitstat_now();
 ...>
 }

@svm_exit depends on svm_entry_exit@
identifier run =~ "^svm_vcpu_run$";
expression E;
@@
 run(...)
 {
 <...
 if (E) x86_spec_ctrl_restore_host(...);
+exitstat_exit(svm->vmcb->control.exit_code, left_at);
 ...>
 }

// KVM_RUN; that it is over is seen when it puts the vCPU.

@run@
identifier vcpu;
@@
 kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu)
 {
 ...
 vcpu_load(vcpu);
+exitstat_run(vcpu);
 ...
 }

@load@
symbol kvm_x86_vcpu_load, vcpu_load;
identifier vcpu, cpu;
@@
 kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
 {
 <...
(
+exitstat_load(vcpu);
 static_call(kvm_x86_vcpu_load)(vcpu, cpu);
|
+exitstat_load(vcpu);
 kvm_x86_call(vcpu_load)(vcpu, cpu);
)
 ...>
 }

@put@
symbol kvm_x86_vcpu_put, vcpu_put;
identifier vcpu;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 <...
(
+exitstat_put(vcpu);
 static_call(kvm_x86_vcpu_put)(vcpu);
|
+exitstat_put(vcpu);
 kvm_x86_call(vcpu_put)(vcpu);
)
 ...>
 }

// Waiting for an event: HLT, Xen's poll. What KVM only calls blocked (a SIPI that is wanted, a
// page that is read in) is seen when the thread is put.

@halt@
expression vcpu, halted;
@@
 if (halted)
-	kvm_vcpu_halt(vcpu);
+{
+	exitstat_halt();
+	kvm_vcpu_halt(vcpu);
+	exitstat_wake();
+}
 else
	kvm_vcpu_block(vcpu);

@xen_poll@
expression vcpu;
@@
 kvm_xen_schedop_poll(...)
 {
 <...
+exitstat_halt();
 kvm_vcpu_halt(vcpu);
+exitstat_wake();
 ...>
 }

// The tracepoint shows the answer that the guest gets.
@cpuid@
identifier vcpu, eax, ebx, ecx, edx, exact_only;
expression leaf, index, exact, used_max_basic;
@@
 kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx, bool exact_only)
 {
 ...
+if (exitstat_cpuid(vcpu, leaf, index, eax, ebx, ecx, edx))
+	exact = true;
 trace_kvm_cpuid(leaf, index, *eax, *ebx, *ecx, *edx, exact, used_max_basic);
 ...
 }

@destroy_vm@
identifier kvm;
@@
 kvm_arch_destroy_vm(struct kvm *kvm)
 {
 <...
+exitstat_destroy_vm(kvm);
 kvm_destroy_vcpus(kvm);
 ...>
 }

@init@
@@
 kvm_x86_init(...)
 {
 <...
+exitstat_init();
 kvm_mmu_x86_module_init();
 ...>
 }

@cleanup@
@@
 kvm_x86_exit(...)
 {
+exitstat_cleanup();
 ...
 }
