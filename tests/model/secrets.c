/* secrets.c - what agent/secret finds in files: the hand of test_secrets.py. Standard input: a path a line. Standard
 * output: PATH TAB KIND TAB START TAB END for each, then "bytes N" for all that was read. Bytes after the first
 * FILE_BYTES of a file are left out, as are files that cannot be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/secret/secret_find.h"

enum { FILE_BYTES = 8 * 1024 * 1024, PATH_BYTES = 4096 };

int main(void)
{
	char *data = malloc(FILE_BYTES), path[PATH_BYTES];
	unsigned long long all = 0;

	while (data && fgets(path, sizeof(path), stdin)) {
		struct secret_found found = { .end = 0 };
		bool in_key = false;
		FILE *f;

		path[strcspn(path, "\n")] = '\0';
		f = fopen(path, "re");
		if (!f)
			continue;
		struct slice text = slice_make(data, fread(data, 1, FILE_BYTES, f));

		(void)fclose(f);
		all += text.len;
		for (size_t at = 0; secret_find(text, at, &in_key, &found); at = found.end)
			printf("%s\t%s\t%zu\t%zu\n", path, found.kind, found.start, found.end);
	}
	printf("bytes %llu\n", all);
	free(data);
	return 0;
}
