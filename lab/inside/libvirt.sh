# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# libvirt in the outer VM: the daemon, and domains as virt-manager makes them.

# The lab's machine, with the packages of lab/libvirt.sh laid over it. Whatever domains and settings
# libvirt has there are not seen here.
lay_libvirt_over() {
	local dir over=/tmp/over packages=/mnt/job/files/libvirt lower

	load_module overlay || return
	for dir in etc usr var; do
		lower=/$dir
		[[ ! -d $packages/$dir ]] || lower=$packages/$dir:/$dir
		mkdir -p $over/$dir{,.work}
		mount -t overlay -o "lowerdir=$lower,upperdir=$over/$dir,workdir=$over/$dir.work" \
			overlay "/$dir" || return
	done
	# libvirtd starts each QEMU that there is, to learn what it can.
	rm -f /usr/bin/qemu-system-i386
	rm -rf /etc/libvirt /var/{lib,cache,log}/libvirt
	mkdir -p /etc/libvirt /var/{lib,cache,log}/libvirt /run/lock
}

# What Debian's package makes when it is installed; who may do what is of no interest here, and the
# outer VM has no cgroups.
configure_libvirt() {
	grep -q ^libvirt-qemu: /etc/passwd ||
		echo libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin >>/etc/passwd
	grep -q ^libvirt-qemu: /etc/group || echo libvirt-qemu:x:64055: >>/etc/group
	printf '%s\n' 'auth_unix_ro = "none"' 'auth_unix_rw = "none"' >/etc/libvirt/libvirtd.conf
	printf '%s\n' 'user = "root"' 'group = "root"' 'dynamic_ownership = 0' \
		'security_driver = "none"' 'cgroup_controllers = []' 'namespaces = []' \
		'stdio_handler = "file"' >/etc/libvirt/qemu.conf
}

start_libvirt() {
	lay_libvirt_over && configure_libvirt && libvirtd --daemon && virsh version && return
	echo "libvirtd does not work here; its log:"
	tail -n 20 /var/log/libvirt/libvirtd.log
	return 1
}

# Without the word that no polkit is here, which root does not need.
virsh() {
	command virsh --connect qemu:///system "$@" 2> >(grep -v '^Authorization not available' >&2)
}

# as_text TEXT: in XML.
as_text() {
	sed 's/&/\&amp;/g; s/</\&lt;/g' <<<"$1"
}

# define_domain NAME COMMAND: the inner Linux as a domain that runs COMMAND, its console a serial line. May be
# set before: cpu and features, elements of the domain's XML; vcpus, as "1 of 2"; devices, more of them.
define_domain() {
	local vcpus=${vcpus:-1 of 1}

	cat >"/tmp/$1.xml" <<-XML
	<domain type='kvm'>
	  <name>$1</name>
	  <memory unit='MiB'>512</memory>
	  <vcpu placement='static' current='${vcpus% of *}'>${vcpus#* of }</vcpu>
	  <os>
	    <type arch='x86_64' machine='q35'>hvm</type>
	    <kernel>/mnt/job/vmlinuz</kernel>
	    <initrd>/mnt/job/files/inner.img</initrd>
	    <cmdline>console=ttyS0 quiet nowatchdog panic=-1 $quick_inner inner_run="$(as_text "$2")"</cmdline>
	  </os>
	  <features>
	    <acpi/>
	    <apic/>
	    ${features:-}
	  </features>
	  ${cpu:-<cpu mode='host-passthrough' check='none' migratable='on'/>}
	  <clock offset='utc'>
	    <timer name='rtc' tickpolicy='catchup'/>
	    <timer name='pit' tickpolicy='delay'/>
	    <timer name='hpet' present='no'/>
	  </clock>
	  <on_poweroff>destroy</on_poweroff>
	  <on_reboot>destroy</on_reboot>
	  <on_crash>destroy</on_crash>
	  <devices>
	    <emulator>/usr/bin/qemu-system-x86_64</emulator>
	    <serial type='pty'/>
	    ${devices:-}
	    <memballoon model='none'/>
	  </devices>
	</domain>
	XML
	virsh define "/tmp/$1.xml"
}

# boot_domain COMMAND: as boot_inner does, by libvirt.
boot_domain() {
	local status

	echo "outer# virsh define inner.xml"
	define_domain inner "$1" || return
	echo "outer# virsh start inner --console"
	timeout --foreground "${timeout_inner:-0}" bash -c \
		"$(declare -f virsh); virsh start inner --console"
	status=$?
	virsh domstate inner | grep -q 'shut off' && return "$status"
	virsh destroy inner
	return 1
}
