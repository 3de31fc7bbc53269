# SPDX-License-Identifier: GPL-2.0
# Tables with tabs and a line of headings, each to a member of a JSON object: its name is the
# file's, its value an array of the lines.
BEGIN {
	FS = "\t"
}

function value(text) {
	if (text ~ /^[+-]?[0-9]+(\.[0-9]+)?$/)
		return text + 0
	gsub(/[\\"]/, "\\\\&", text)
	return "\"" text "\""
}

FNR == 1 {
	name = FILENAME
	gsub(/.*\/|\.tsv$/, "", name)
	printf "%s,\n\"%s\": [", (NR > 1 ? "]" : ""), name
	for (i = 1; i <= NF; i++)
		heading[i] = $i
	next
}

{
	printf "%s\n  {", (FNR > 2 ? "," : "")
	for (i = 1; i <= NF; i++)
		printf "%s%s: %s", (i > 1 ? ", " : ""), value(heading[i]), value($i)
	printf "}"
}

END {
	if (NR)
		print "]"
}
