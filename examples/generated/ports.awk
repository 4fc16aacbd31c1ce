# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
# Writes the ports in rules.txt as a table of C, for the loader to try.
BEGIN {
	print "// Made from rules.txt."
	print "#include \"ports.h\""
	print ""
	print "const unsigned short ports[] = {"
}
/^[0-9]/ { printf "\t%d,\n", $1 }
END {
	print "};"
	print "const int port_count = sizeof(ports) / sizeof(ports[0]);"
}
