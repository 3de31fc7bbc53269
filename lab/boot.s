# SPDX-License-Identifier: GPL-2.0
# The outer VM's firmware under Bochs: enters a kernel that is in memory already, through
# its PVH entry (Xen's docs/misc/pvh.pandoc). No BIOS, no boot loader, no decompression.
#
# ENTRY, INITRD, INITRD_BYTES and MEMORY come from the command line, the kernel's command
# line from the file "cmdline". Linked at 0xf0000, where a PC shows its ROM's last 64 KiB.

	.set	IMAGE, 0x100000		# where Bochs has loaded memory's image
	.set	BLOCK, 0x20000		# Bochs' unit of memory, or a part of it
	.set	START_INFO, 0x1000	# where the kernel finds hvm_start_info

	.code16
start:	cli
	data32 lgdt %cs:gdt_pointer - start
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$8, $protected

	.code32
protected:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss

# Bochs gives the guest its memory block by block, in the order of their first use, but
# has read the image into blocks that follow each other: so use them in this order.
	mov	$IMAGE, %edi
next_block:
	orb	$0, (%edi)
	add	$BLOCK, %edi
	cmp	$MEMORY, %edi
	jb	next_block

# Newer kernels take a word of it for their first stack, and this is ROM.
	mov	$start_info, %esi
	mov	$START_INFO, %edi
	mov	$(start_info_end - start_info), %ecx
	rep movsb

	mov	$START_INFO, %ebx
	mov	$ENTRY, %eax
	jmp	*%eax

	.balign 8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	gdt

# struct hvm_start_info, hvm_modlist_entry and hvm_memmap_table_entry
	.balign 8
start_info:
	.long	0x336ec578, 1, 0, 1	# magic, version, flags, modules
	.long	modules, 0, cmdline, 0, 0, 0, memory_map, 0
	.long	3, 0			# entries of memory_map
start_info_end:
modules:
	.quad	INITRD, INITRD_BYTES, 0, 0
memory_map:				# address, bytes, type: 1 is RAM, 2 reserved
	.quad	0, 0x9f000, 1
	.quad	0xf0000, 0x10000, 2
	.quad	0x100000, MEMORY - 0x100000, 1
cmdline:
	.incbin	"cmdline"
	.byte	0

	.org	0xfff0			# the processor's first instruction
	.code16
	jmp	start
	.org	0x10000
