/* manifest.c - see manifest.h. The list comes back from the log for an undo; it is read from its end, and a
 * line that is not understood stops all of it, since removing by a damaged list would be worse than removing
 * nothing. */
#include "agent/worker/file/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/worker/file/put.h"
#include "agent/worker/view/upper.h"

static const char folder_word[] = "folder ";

void manifest_file(struct buf *out, const char *rel, uint64_t size, const struct timespec *modified)
{
	buf_printf(out, "%" PRIu64 " %lld.%09ld %s\n", size, (long long)modified->tv_sec,
		   modified->tv_nsec, rel);
}

void manifest_folder(struct buf *out, const char *rel)
{
	buf_printf(out, "%s%s\n", folder_word, rel);
}

struct line {
	bool folder;
	uint64_t size;
	struct timespec modified;
	char rel[LIMIT_PATH_BYTES];
};

/* "SIZE SECONDS.NANOSECONDS PATH"; *rel: where the path begins. */
static bool read_file_line(const char *text, struct line *out, const char **rel)
{
	char *at;

	out->size = strtoull(text, &at, 10);
	if (at == text || *at != ' ')
		return false;
	out->modified.tv_sec = strtoll(at + 1, &at, 10);
	if (*at != '.')
		return false;
	out->modified.tv_nsec = strtol(at + 1, &at, 10);
	*rel = at + 1;
	return *at == ' ';
}

/* The line that ends at `end` (the place of its '\n'); *start: where it begins. */
static bool read_line(struct slice list, size_t end, size_t *start, struct line *out)
{
	char text[LIMIT_PATH_BYTES + 64];
	const char *rel = text + strlen(folder_word);

	*start = end;
	while (*start > 0 && list.ptr[*start - 1] != '\n')
		--*start;
	if (end - *start >= sizeof(text))
		return false;
	memcpy(text, list.ptr + *start, end - *start);
	text[end - *start] = '\0';
	*out = (struct line){ .folder = strncmp(text, folder_word, strlen(folder_word)) == 0 };
	return (out->folder || read_file_line(text, out, &rel)) && *rel &&
	       snprintf(out->rel, sizeof(out->rel), "%s", rel) < (int)sizeof(out->rel);
}

/* Size and time with nanoseconds: whoever changed the file since has another time. */
static bool is_it(const struct stat *st, const struct line *l)
{
	return (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode)) && (uint64_t)st->st_size == l->size &&
	       st->st_mtim.tv_sec == l->modified.tv_sec &&
	       st->st_mtim.tv_nsec == l->modified.tv_nsec;
}

/* False: it is there and stays. */
static bool remove_one(const struct root *r, const struct line *l)
{
	const char *base;
	struct put_was was;
	struct stat st;
	int dir = upper_parent(r->fd, l->rel, &base);
	bool gone;

	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR;
	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		gone = errno == ENOENT;
	} else if (l->folder) {
		/* One that is not empty holds what is somebody's, or what stays and is counted. */
		(void)unlinkat(dir, base, AT_REMOVEDIR);
		gone = true;
	} else {
		was = put_was_of(&st);
		gone = is_it(&st, l) && put_remove(dir, base, &was) == PUT_DONE;
	}
	(void)close(dir);
	return gone;
}

/* From the end, so that a folder comes after what is in it. */
bool manifest_remove(const struct root *r, struct slice list, struct err *err)
{
	size_t files = 0, left = 0, start;
	struct line l;

	for (size_t end = list.len; end > 0; end = start) {
		if (list.ptr[end - 1] != '\n' || !read_line(list, end - 1, &start, &l))
			return err_set(err, ERR_INVALID, "the list of its files is damaged");
		files += !l.folder;
		left += !remove_one(r, &l);
	}
	if (files == 1 && left == 1)
		return err_set(err, ERR_STALE, "its file was changed since, and is left");
	return left == 0 ||
	       err_set(err, ERR_STALE, "%zu of its %zu files %s changed since, and %s left", left,
		       files, left == 1 ? "was" : "were", left == 1 ? "is" : "are");
}
