/* blob_pack.c - see blob_pack.h
 *
 * All lines of an index are of one length. Hashes are spread evenly, so the place of one can be
 * guessed: mostly the first look finds it. */
#include "agent/store/blob_pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/store/store_path.h"
#include "protocol/base/buf.h"
#include "protocol/base/limits.h"

enum { LINE_BYTES = 64 + 1 + 16 + 1 + 16 + 1, WINDOW = 64, PACKS_MAX = 100 * 1000 };

/* --- writing --- */

static int by_hash(const void *a, const void *b)
{
	const struct blob_place *x = a, *y = b;

	return memcmp(x->hash.s, y->hash.s, 64);
}

/* Takes the next free number. */
static int new_index(struct arena *a, struct slice packs, int *number)
{
	for (int i = 0; i < PACKS_MAX; i++) {
		int fd = open(arena_printf(a, "%s/%d.index", packs.ptr, i).ptr,
			      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

		*number = i;
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	errno = ENOSPC;
	return -1;
}

static bool write_index(int fd, const struct blob_place *of, size_t n)
{
	struct buf text;
	bool ok;

	buf_init(&text, n * LINE_BYTES + 1);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%.64s %016" PRIx64 " %016" PRIx64 "\n", of[i].hash.s, of[i].at,
			   of[i].len);
	ok = write_all(fd, buf_slice(&text));
	buf_release(&text);
	return close(fd) == 0 && ok;
}

/* The worker made the file, in a folder of its own in one of ours, and is not trusted: no link that it puts in
 * the place of these two leads us to a file of the user. A link in place of the file itself is moved at
 * most, and regular_open() does not follow it. */
static bool move_here(const char *file, const char *to)
{
	char path[LIMIT_PATH_BYTES + 1], *part[3];
	struct stat st;
	int dir, next;
	bool ok;

	if (snprintf(path, sizeof(path), "%s", file) >= (int)sizeof(path))
		return errno = ENAMETOOLONG, false;
	for (size_t i = 3; i-- > 0;) {
		part[i] = strrchr(path, '/');
		if (!part[i])
			return errno = EINVAL, false;
		*part[i]++ = '\0';
	}
	dir = open(path[0] ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < 2 && dir >= 0; i++) {
		next = openat(dir, part[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(dir);
		dir = next;
	}
	if (dir < 0)
		return false;
	ok = fstatat(dir, part[2], &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (ok && !S_ISREG(st.st_mode))
		ok = (errno = EINVAL, false);
	ok = ok && renameat(dir, part[2], AT_FDCWD, to) == 0;
	(void)close(dir);
	return ok;
}

bool blob_pack_add(struct slice folder, const char *file, struct blob_place *of, size_t n,
		   struct err *err)
{
	struct slice packs, bytes;
	struct arena a;
	int fd, number;
	bool ok;

	arena_init(&a);
	packs = arena_printf(&a, "%.*s/blobs/packs", SLICE_ARG(folder));
	qsort(of, n, sizeof(*of), by_hash);
	ok = make_folder(packs, err);
	if (ok) {
		fd = new_index(&a, packs, &number);
		bytes = arena_printf(&a, "%s/%d.bytes", packs.ptr, number);
		ok = fd >= 0 && write_index(fd, of, n) && move_here(file, bytes.ptr);
		if (!ok)
			err_set(err, ERR_IO, "Cannot store what files held before as %s: %s.",
				bytes.ptr, strerror(errno));
	}
	arena_release(&a);
	return ok;
}

/* --- reading --- */

/* How far through all hashes this one stands: from 0 to 1. */
static double share_of(const char *hash)
{
	char lead[9];

	(void)snprintf(lead, sizeof(lead), "%.8s", hash);
	return (double)strtoul(lead, NULL, 16) / 4294967296.0;
}

/* The line of this hash, in [lo, hi) of an index. A search that guesses: from the start of the index, or from a
 * line that was seen, it is about as far as the share of all hashes between the two. The second guess, from
 * near by, is mostly right. After some misses it goes on by halves, so a file that was tampered with costs more,
 * but ends. */
static bool find_line(int fd, struct slice hash, size_t lo, size_t hi, char line[LINE_BYTES])
{
	enum { GUESSES = 4 };
	char seen[WINDOW * LINE_BYTES];
	double all = (double)hi, share = share_of(hash.ptr), guess = all * share;

	for (int i = 0; lo < hi; i++) {
		size_t at = guess > (double)lo ? (size_t)guess : lo, from, n;
		const char *last;
		ssize_t got;

		if (i >= GUESSES)
			at = lo + (hi - lo) / 2;
		at = at < hi ? at : hi - 1;
		from = at > lo + WINDOW / 2 ? at - WINDOW / 2 : lo;
		got = pread(fd, seen, sizeof(seen), (off_t)(from * LINE_BYTES));
		n = got > 0 ? (size_t)got / LINE_BYTES : 0;
		if (n == 0)
			return false;
		for (size_t k = 0; k < n; k++) {
			if (memcmp(seen + k * LINE_BYTES, hash.ptr, 64) != 0)
				continue;
			memcpy(line, seen + k * LINE_BYTES, LINE_BYTES);
			return true;
		}
		last = seen + (n - 1) * LINE_BYTES;
		if (memcmp(last, hash.ptr, 64) < 0) {
			lo = from + n;
			guess = (double)lo + all * (share - share_of(last));
		} else {
			hi = from;
			guess = (double)hi - all * (share_of(seen) - share);
		}
	}
	return false;
}

/* Where it lies in this pack; false: not in it. */
static bool look_up(int index, struct slice hash, struct blob_place *out)
{
	char line[LINE_BYTES];
	struct stat st;

	if (fstat(index, &st) < 0 ||
	    !find_line(index, hash, 0, (size_t)st.st_size / LINE_BYTES, line))
		return false;
	line[LINE_BYTES - 1] = 0;
	out->at = strtoull(line + 65, NULL, 16);
	out->len = strtoull(line + 82, NULL, 16);
	return true;
}

static bool read_place(int fd, const struct blob_place *p, struct arena *a, struct slice *data)
{
	char *bytes = arena_alloc(a, p->len + 1);
	size_t have = 0;

	while (have < p->len) {
		ssize_t n = pread(fd, bytes + have, p->len - have, (off_t)(p->at + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	*data = slice_make(bytes, have);
	return true;
}

void blob_reader_init(struct blob_reader *r)
{
	*r = (struct blob_reader){ -1, -1 };
}

void blob_reader_release(struct blob_reader *r)
{
	if (r->index >= 0)
		(void)close(r->index);
	if (r->bytes >= 0)
		(void)close(r->bytes);
	blob_reader_init(r);
}

static bool not_found(struct slice hash, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "No content with the hash %.*s is kept.",
		       SLICE_ARG(hash));
}

bool blob_pack_again(const struct blob_reader *r, struct slice hash, size_t max, struct arena *a,
		     struct slice *data, struct err *err)
{
	struct blob_place at;

	if (r->index < 0 || !look_up(r->index, hash, &at))
		return not_found(hash, err);
	if (at.len > max)
		return err_set(err, ERR_TOO_LARGE, "The content %.*s is larger than %zu bytes.",
			       SLICE_ARG(hash), max);
	return read_place(r->bytes, &at, a, data) ||
	       err_set(err, ERR_IO, "Cannot read the content %.*s: its file is cut.",
		       SLICE_ARG(hash));
}

/* False: there is no pack of this number. One whose bytes are missing is open without them. */
static bool open_pack(struct blob_reader *r, struct arena *a, struct slice blobs, int number)
{
	struct slice index = arena_printf(a, "%.*s/packs/%d.index", SLICE_ARG(blobs), number);
	struct slice bytes = arena_printf(a, "%.*s/packs/%d.bytes", SLICE_ARG(blobs), number);

	blob_reader_release(r);
	r->index = regular_open(AT_FDCWD, index.ptr, O_NOFOLLOW, NULL);
	if (r->index < 0)
		return false;
	r->bytes = regular_open(AT_FDCWD, bytes.ptr, O_NOFOLLOW, NULL);
	return true;
}

bool blob_pack_get(struct blob_reader *r, struct slice blobs, struct slice hash, size_t max,
		   struct arena *a, struct slice *data, struct err *err)
{
	for (int i = 0; i < PACKS_MAX && open_pack(r, a, blobs, i); i++) {
		if (r->bytes < 0)
			continue;
		if (blob_pack_again(r, hash, max, a, data, err))
			return true;
		if (err->code != ERR_NOT_FOUND)
			return false;
	}
	return not_found(hash, err);
}
