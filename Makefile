# SPDX-License-Identifier: GPL-2.0
O := build
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra $(if $(WERROR),-Werror)

help:
	@echo 'Targets:'
	@echo '  make module [KDIR=<dir>]   the module for the running kernel, or the one whose build'
	@echo '                             directory KDIR is: build/<kernel release>/kvm_exitstat.ko'
	@echo '  make dkms-install [KVER=<release>]'
	@echo '                             on the host: build and install the module by DKMS, for the'
	@echo '                             running kernel or that one, and for every new kernel'
	@echo '  make -C guest [KDIR=<dir>] perf events for a guest: build/<kernel release>/exitstat_guest.ko'
	@echo '  make guest-dkms-install [KVER=<release>]'
	@echo '                             in the guest: the same by DKMS'
	@echo '  make install               in the guest: the exitstat command, its library, man pages;'
	@echo '                             PREFIX=/usr/local and DESTDIR= as usual'
	@echo '  make exporter-install      on the host, after install: units of systemd that export to'
	@echo '                             Prometheus, its rules, a dashboard'
	@echo '  make uninstall             take away what these have put there'
	@echo '  make graft LINUX=<tree>    put exitstat into the KVM of a kernel source tree, 6.1 to 7.3;'
	@echo '                             the change as a patch: build/exitstat.patch'
	@echo '  make ungraft LINUX=<tree>  take it out again'
	@echo '  make check                 the tests that need no VM, under a minute'
	@echo '  make lint                  checkpatch, cppcheck, shellcheck'
	@echo '  make vm-tests              build what the VM tests run in the outer VM'
	@echo '  make bench                 what exits cost, in instructions, with exitstat and other tools'
	@echo '  make bench-guard           fail when exits cost more than the figures kept'
	@echo '  make clean                 remove build/; the cache of downloads stays'
	@echo 'With WERROR=1 a warning of the compiler is an error.'
	@echo ''
	@echo 'Scripts, each with --help:'
	@echo '  scripts/demo               see VM exits from inside a VM'
	@echo '  scripts/test               all tests'
	@echo '  lab/vm                     run your own job in the outer VM'
	@echo '  lab/kernels                on which kernels exitstat runs, as a table'

module:
	@kernel/module/build host $(if $(KDIR),'$(KDIR)')

dkms-install:
	@kernel/module/dkms host install $(KVER)

guest-dkms-install:
	@kernel/module/dkms guest install $(KVER)

install:
	@$(MAKE) -C lib O=$(abspath $(O)) install
	@$(MAKE) -C tools O=$(abspath $(O)) install

exporter-install:
	@$(MAKE) -C exporter install

# What DKMS has is the machine's, not DESTDIR's.
uninstall:
	@$(if $(DESTDIR),,kernel/module/dkms host remove)
	@$(if $(DESTDIR),,kernel/module/dkms guest remove)
	@$(MAKE) -C lib O=$(abspath $(O)) uninstall
	@$(MAKE) -C tools O=$(abspath $(O)) uninstall
	@$(MAKE) -C exporter uninstall

graft:
	@kernel/graft/graft --patch $(O)/exitstat.patch '$(LINUX)'

ungraft:
	@kernel/graft/graft --undo '$(LINUX)'

check:
	@$(MAKE) -s -C tests/unit O=$(abspath $(O))/unit all fuzz
	@CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(O)/unit/test_*

lint:
	@scripts/lint

vm-tests:
	@$(MAKE) -s -C tests/vm O=$(abspath $(O))/vm-tests

bench:
	@scripts/bench

bench-guard:
	@scripts/bench --short

$(O)/course: examples/course.c lib/names.c lib/exitstat.h include/exitstat_abi.h include/exitstat_names.h
	@mkdir -p $(O)
	$(CC) $(CFLAGS) -Iinclude -Ilib -static -o $@ $(filter %.c,$^)

clean:
	rm -rf $(O)

.PHONY: help module dkms-install guest-dkms-install install exporter-install uninstall graft ungraft check lint vm-tests bench bench-guard clean
