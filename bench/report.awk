# SPDX-License-Identifier: GPL-2.0
# From ways.tsv and cost.tsv to a table, members of a JSON object (json=1), or what gnuplot
# reads (plot=1).
# The first way of ways.tsv is that in which nobody measures.
BEGIN {
	FS = "\t"
}

FILENAME ~ /ways.tsv$/ {
	ways[++nr_ways] = $1
	title[$1] = $2
	counted[$1] = $3
	reason[$1] = $4
	next
}

{
	if (!($2 in seen))
		kinds[++nr_kinds] = $2
	seen[$2]
	cost[$1, $2] = $4
	all[$1, $2] = $5
}

function added(way, kind) {
	return cost[way, kind] - cost[ways[1], kind]
}

function table(    i, k, way) {
	printf "%-36s", "added instructions an exit"
	for (k = 1; k <= nr_kinds; k++)
		printf " %9s", kinds[k]
	printf "\n"
	for (i = 1; i <= nr_ways; i++) {
		way = ways[i]
		if (reason[way] != "")
			continue
		printf "%-36s", title[way]
		for (k = 1; k <= nr_kinds; k++)
			printf " %" length_of(kinds[k]) "s",
				(i == 1 ? "(" cost[way, kinds[k]] ")" : "+" added(way, kinds[k]))
		printf "\n"
	}
	for (i = 1; i <= nr_ways; i++)
		if (reason[ways[i]] != "")
			printf "%s does not run here: %s\n", title[ways[i]], reason[ways[i]]
}

function length_of(kind) {
	return length(kind) > 9 ? length(kind) : 9
}

function quoted(text) {
	gsub(/[\\"]/, "\\\\&", text)
	return "\"" text "\""
}

function json_way(way,    k, line) {
	printf "    {\"name\": %s, \"title\": %s, ", quoted(way), quoted(title[way])
	if (reason[way] != "") {
		printf "\"reason\": %s}", quoted(reason[way])
		return
	}
	printf "\"counted\": %s, \"exits\": [", counted[way] == "-" ? "null" : counted[way]
	for (k = 1; k <= nr_kinds; k++)
		printf "%s\n      {\"kind\": %s, \"instructions\": %d, \"added\": %d, \"mean\": %d}",
			(k > 1 ? "," : ""), quoted(kinds[k]), cost[way, kinds[k]],
			added(way, kinds[k]), all[way, kinds[k]]
	printf "]}"
}

function json_all(    i) {
	printf "\"kernel\": %s, \"unit\": \"instructions\", \"ways\": [\n", quoted(kernel)
	for (i = 1; i <= nr_ways; i++) {
		json_way(ways[i])
		printf "%s\n", (i < nr_ways ? "," : "")
	}
	print "]"
}

# A line for each way: its title, the least and the most that it adds to an exit.
function plot_all(    i, k, least, most, n) {
	for (i = 2; i <= nr_ways; i++) {
		if (reason[ways[i]] != "")
			continue
		least = most = added(ways[i], kinds[1])
		for (k = 2; k <= nr_kinds; k++) {
			n = added(ways[i], kinds[k])
			least = n < least ? n : least
			most = n > most ? n : most
		}
		printf "%s\t%d\t%d\t%d\n", quoted(title[ways[i]]), added(ways[i], "CPUID"), least, most
	}
}

END {
	if (json)
		json_all()
	else if (plot)
		plot_all()
	else
		table()
}
