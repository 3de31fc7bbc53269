# SPDX-License-Identifier: GPL-2.0
# With parse.awk: reasons.txt as a table in C.

function quoted(text) {
	gsub(/[\\"]/, "\\\\&", text)
	return "\"" text "\""
}

function begin() {
	print "#include \"explain.h\"\n\nconst struct explanation explanations[] = {"
}

function heading(title, reasons,    name, n, i) {
	printf "{ %s, (const char *const[]){ ", quoted(title)
	n = split(reasons, name, /, /)
	for (i = 1; i <= n; i++)
		printf "%s, ", quoted(name[i])
	printf "NULL }, {"
	separator = ""
}

function part(name) {
	printf "%s\n\t(const struct advice[]){", separator
	separator = " { 0 } },"
}

function advice(text, sources) {
	printf "\n\t{ %s,\n\t  %s },", quoted(text), quoted(sources)
}

function finish() {
	print " { 0 } } } },"
}

function end() {
	print "{ 0 } };"
}
