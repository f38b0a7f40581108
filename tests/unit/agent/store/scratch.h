/* scratch.h - a temporary folder for one test, removed with everything in it. Include after
 * <cmocka.h>. */
#ifndef EMEND_TEST_SCRATCH_H
#define EMEND_TEST_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/base/slice.h"

struct scratch {
	char path[64];
};

static inline struct slice scratch_dir(const struct scratch *s)
{
	return slice_of(s->path);
}

static inline int scratch_setup(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	(void)snprintf(s->path, sizeof(s->path), "/tmp/emend-test-XXXXXX");
	if (!mkdtemp(s->path))
		return -1;
	*state = s;
	return 0;
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
				     struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int scratch_teardown(void **state)
{
	struct scratch *s = *state;
	int rc = nftw(s->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(s);
	return rc;
}

/* The content of STATE/TAIL; the caller frees *data. */
static inline size_t scratch_read(const struct scratch *s, const char *tail, char **data)
{
	char path[512];
	struct stat st;
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", s->path, tail);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*data = calloc(1, (size_t)st.st_size + 1);
	n = fread(*data, 1, (size_t)st.st_size, f);
	(void)fclose(f);
	return n;
}

static inline void scratch_write(const struct scratch *s, const char *tail, const char *data,
				 size_t n)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", s->path, tail);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void scratch_remove(const struct scratch *s, const char *tail)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", s->path, tail);
	(void)unlink(path);
}

#endif
