/* folder.h - a temporary workspace for the tests of this folder. */
#ifndef EMEND_TEST_FOLDER_H
#define EMEND_TEST_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[64];
};

static inline int folder_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void folder_make(struct folder *f)
{
	(void)snprintf(f->path, sizeof(f->path), "/tmp/emend-test-XXXXXX");
	if (!mkdtemp(f->path))
		abort();
}

static inline void folder_free(struct folder *f)
{
	(void)nftw(f->path, folder_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Good until the call after the next. */
static inline const char *folder_at(const struct folder *f, const char *rel)
{
	static char path[2][4200];
	static unsigned turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", f->path, rel);
	return path[turn];
}

/* Makes the folders on the way. */
static inline void folder_put_bytes(const struct folder *f, const char *rel, const char *bytes,
				    size_t n)
{
	char path[4200];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", f->path, rel);
	for (char *p = path + strlen(f->path) + 1; *p; p++) {
		if (*p == '/') {
			*p = 0;
			(void)mkdir(path, 0755);
			*p = '/';
		}
	}
	out = fopen(path, "w");
	if (!out || fwrite(bytes, 1, n, out) != n || fclose(out) != 0)
		abort();
}

static inline void folder_put(const struct folder *f, const char *rel, const char *text)
{
	folder_put_bytes(f, rel, text, strlen(text));
}

static inline const char *folder_get(const struct folder *f, const char *rel)
{
	static char text[64 * 1024];
	FILE *in = fopen(folder_at(f, rel), "r");
	size_t n = in ? fread(text, 1, sizeof(text) - 1, in) : 0;

	if (in)
		(void)fclose(in);
	text[n] = 0;
	return in ? text : "(no file)";
}

#endif
