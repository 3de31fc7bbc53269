# SPDX-License-Identifier: GPL-2.0
# Reads reasons.txt, and calls the functions of what it becomes: begin(), heading(title, reasons),
# part(name), advice(text, sources), finish(), end(). A text that is not whole is an error.

function complain(what) {
	printf "%s: \"%s\": %s\n", FILENAME, field["Title"], what >"/dev/stderr"
	failed = 1
	exit 1
}

# Sentences, [sources], and so on.
function advices(text) {
	if (text == "")
		complain("no " name ":")
	while (match(text, /\[[^]]+\]/)) {
		if (RSTART < 3)
			complain(name ": sources of nothing")
		advice(substr(text, 1, RSTART - 2), substr(text, RSTART + 1, RLENGTH - 2))
		text = substr(text, RSTART + RLENGTH + 1)
	}
	if (text != "")
		complain(name ": no source of: " text)
}

function paragraph(    i) {
	if (!("Title" in field))
		return
	if (field["Reasons"] == "")
		complain("no Reasons:")
	heading(field["Title"], field["Reasons"])
	for (i = 1; i <= nr_parts; i++) {
		name = parts[i]
		part(name)
		advices(field[name])
	}
	finish()
	split("", field)
}

BEGIN {
	nr_parts = split("What Causes Guest Host", parts)
	begin()
}
/^#/ { next }
/^$/ { paragraph(); next }
/^ / { field[name] = field[name] $0; next }
/^(Title|Reasons|What|Causes|Guest|Host): / {
	name = substr($1, 1, length($1) - 1)
	field[name] = substr($0, length($1) + 2)
	next
}
{ complain("what is this? " $0) }
END {
	if (failed)
		exit 1
	paragraph()
	end()
}
