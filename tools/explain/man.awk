# SPDX-License-Identifier: GPL-2.0
# With parse.awk: reasons.txt as exitstat-reasons(7).

function escaped(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	return text
}

function begin() {
	label["What"] = "What it is"
	label["Causes"] = "What usually causes it"
	label["Guest"] = "What to try in the guest"
	label["Host"] = "What to ask the host's operator for"
	print ".\\\" SPDX-License-Identifier: GPL-2.0"
	print ".TH EXITSTAT-REASONS 7 \"\" exitstat \"Miscellaneous\""
	print ".nh\n.ad l\n.SH NAME\nexitstat\\-reasons \\- VM exit reasons: what causes them, and what helps"
	print ".SH DESCRIPTION\nOf each reason that guests commonly have, with the names that"
	print ".BR exitstat (1)\nhas for it on Intel, in capitals, and on AMD: what"
	print ".B exitstat explain\nprints. The sources of each advice are in brackets behind it."
	print ".SH REASONS"
}

function heading(title, reasons) {
	printf ".SS \"%s\"\n.B %s\n", escaped(title), escaped(reasons)
}

function part(name) {
	print ".TP\n" label[name]
}

function advice(text, sources) {
	printf "%s\n[%s]\n", escaped(text), escaped(sources)
}

function finish() {
}

function end() {
	print ".SH SOURCES"
	print ".TP\nIntel SDM\nIntel 64 and IA\\-32 Architectures Software Developer's Manual, order"
	print "number 325462; sections by their titles, as of 2025."
	print ".TP\nAMD APM\nAMD64 Architecture Programmer's Manual, volume 2, publication 24593,"
	print "revision 3.42."
	print ".TP\nLinux\nFiles of the kernel's source, as of 7.2;"
	print ".I https://docs.kernel.org\nhas those of Documentation."
	print ".TP\nQEMU\nIts documentation,\n.IR https://www.qemu.org/docs/master ,"
	print "and files of its source."
	print ".TP\nlibvirt, Domain XML\n.I https://libvirt.org/formatdomain.html"
	print ".TP\nOASIS Virtio 1.2\nVirtual I/O Device (VIRTIO) Version 1.2."
	print ".SH \"SEE ALSO\"\n.BR exitstat (1),\n.BR exitstat (7)"
}
