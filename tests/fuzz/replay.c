/* replay.c - runs a fuzz target over stored inputs, without libFuzzer: one TAP line an input.
 *
 *   fuzz_json tests/fuzz/corpus/json
 *
 * Each input is run whole and also cut at every one of its first 64 bytes. A crash names its input:
 * it is the one behind the last line. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLAY_BYTES = 1024 * 1024 };

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int run(const char *folder, const char *name)
{
	static const size_t cuts = 64;
	char path[4096];
	uint8_t *data = malloc(REPLAY_BYTES);
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f || !data) {
		free(data);
		return 0;
	}
	n = fread(data, 1, REPLAY_BYTES, f);
	fclose(f);
	for (size_t cut = 0; cut <= n && cut < cuts; cut++) {
		uint8_t *part = malloc(cut + 1); /* its own block, so that ASan sees its end */

		if (!part)
			abort();
		memcpy(part, data, cut);
		LLVMFuzzerTestOneInput(part, cut);
		free(part);
	}
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	char *names[4096];
	size_t n = 0;
	int failed = 0;
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *e;

	if (!dir) {
		fputs("usage: fuzz_NAME FOLDER\n", stderr);
		return 2;
	}
	while ((e = readdir(dir)) && n < sizeof(names) / sizeof(names[0]))
		if (e->d_name[0] != '.')
			names[n++] = strdup(e->d_name);
	closedir(dir);
	qsort(names, n, sizeof(names[0]), by_name);
	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		printf("# %s\n", names[i]);
		fflush(stdout);
		if (run(argv[1], names[i])) {
			printf("ok %zu - %s\n", i + 1, names[i]);
		} else {
			printf("not ok %zu - %s\n", i + 1, names[i]);
			failed = 1;
		}
		free(names[i]);
	}
	return failed;
}
