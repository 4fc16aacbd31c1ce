# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
# Writes a BPF program that decides by the rules in rules.txt: a comparison for each of them.
BEGIN {
	print "// Made from rules.txt."
	print "#include \"filter.bpf.h\""
	print ""
	print "static __always_inline int verdict_of(unsigned short port)"
	print "{"
}
/^[0-9]/ {
	printf "\tif (port == %d)\n\t\treturn %s;\n", $1, $2 == "drop" ? "XDP_DROP" : "XDP_PASS"
}
END {
	print "\treturn XDP_PASS;"
	print "}"
	print ""
	print "FILTER(verdict_of)"
}
