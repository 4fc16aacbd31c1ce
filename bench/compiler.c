// SPDX-License-Identifier: MIT
/*
 * A compiler that costs next to nothing: what is left of a build is the build tool.
 *
 * compiler SOURCE OBJECT DEPFILE NUMBER COUNT FLAG copies the source, and says that it read a header
 * that all share and twenty of COUNT others.
 */
#include <stdio.h>
#include <stdlib.h>

enum { HEADERS = 20 };

int main(int argc, char **argv)
{
	char text[4096];
	size_t length;
	FILE *from, *to;

	if (argc != 7) {
		fprintf(stderr, "usage: compiler SOURCE OBJECT DEPFILE NUMBER COUNT FLAG\n");
		return 2;
	}
	from = fopen(argv[1], "r");
	to = fopen(argv[2], "w");
	if (!from || !to) {
		perror(from ? argv[2] : argv[1]);
		return 1;
	}
	length = fread(text, 1, sizeof(text), from);
	fwrite(text, 1, length, to);
	fprintf(to, "%s\n", argv[6]);
	fclose(from);
	if (fclose(to)) {
		perror(argv[2]);
		return 1;
	}
	to = fopen(argv[3], "w");
	if (!to) {
		perror(argv[3]);
		return 1;
	}
	fprintf(to, "%s: %s include/all.h", argv[2], argv[1]);
	for (int i = 0; i < HEADERS; i++)
		fprintf(to, " include/h%d.h", (atoi(argv[4]) * 7 + i * 131) % atoi(argv[5]));
	fprintf(to, "\n");
	return fclose(to) != 0;
}
