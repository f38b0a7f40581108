/* file_read.c - see files.h. A file is read as far as the limit, and one byte more shows that it is larger;
 * its size may change while it is read, so stat() is only a first answer. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/worker/file/files.h"

enum { SMALL_BYTES = 8 * 1024 };

/* A limit that is passed while reading is an error: half of a file is never returned as all of it. */
bool file_slurp(int fd, const char *rel, struct buf *out, struct err *err)
{
	char piece[64 * 1024];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return root_errno(err, "read", rel);
		if (n == 0)
			return true;
		buf_append(out, slice_make(piece, (size_t)n));
		if (out->full)
			return err_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes.", rel,
				       out->max);
	}
}

/* Read at once: false if it is longer than it was. A small buffer, as it is cleared each time. */
static bool hash_small(int fd, uint64_t size, struct sha256_hex *out)
{
	char piece[SMALL_BYTES + 1];
	ssize_t n = size <= SMALL_BYTES ? read(fd, piece, sizeof(piece)) : -1;

	if (n < 0 || (uint64_t)n != size)
		return false;
	*out = sha256(slice_make(piece, (size_t)n));
	return true;
}

/* Where the hole of a sparse file that begins at at ends; at itself where there is none. A file system
 * that does not tell has none. */
static uint64_t hole_end(int fd, uint64_t at, uint64_t size)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? size : at;
	return (uint64_t)data < size ? (uint64_t)data : size;
}

/* A hole is hashed from zeros at hand: to read it, the kernel would fill pages with them first, which
 * takes several times as long as to hash them. */
static bool hash_large(int fd, const char *rel, uint64_t size, struct sha256_hex *out,
		       struct err *err)
{
	static const char zeros[64 * 1024];
	char piece[64 * 1024];
	struct sha256_sum *sum = sha256_begin();
	uint64_t seen = 0, hole;
	ssize_t n = 1;

	while ((n > 0 && (seen < size || seen == 0)) || (n < 0 && errno == EINTR)) {
		for (hole = hole_end(fd, seen, size); seen < hole; seen += (uint64_t)n) {
			n = hole - seen < sizeof(zeros) ? (ssize_t)(hole - seen)
							: (ssize_t)sizeof(zeros);
			sha256_add(sum, slice_make(zeros, (size_t)n));
		}
		n = pread(fd, piece, sizeof(piece), (off_t)seen);
		if (n <= 0)
			continue;
		sha256_add(sum, slice_make(piece, (size_t)n));
		seen += (uint64_t)n;
	}
	*out = sha256_end(sum);
	return n >= 0 || err_set(err, ERR_IO, "%s cannot be read: %s.", rel, strerror(errno));
}

bool file_hash(int fd, const char *rel, uint64_t size, struct sha256_hex *out, struct err *err)
{
	return hash_small(fd, size, out) || hash_large(fd, rel, size, out, err);
}

/* root_place() comes after the open, as only an open file can be asked where it lies. */
bool file_read(const struct root *r, struct slice path, struct buf *out, struct file_info *info,
	       struct err *err)
{
	char rel[LIMIT_PATH_BYTES], place[LIMIT_PATH_BYTES];
	struct stat st;
	bool ok = false;
	int fd;

	if (!root_clean(r, path, rel, err))
		return false;
	fd = root_open_file(r, rel, false, &st);
	if (fd < 0 && errno == EISDIR)
		return err_set(err, ERR_DENIED,
			       "%s is a folder. Read a file in it; list_files shows them.",
			       *rel ? rel : "The workspace");
	if (fd < 0 && errno == ENXIO)
		return err_set(err, ERR_DENIED, "%s is not a regular file.", rel);
	if (fd < 0)
		return root_errno(err, "opened", rel);
	if (!root_place(r, fd, place, err))
		goto out;
	if (st.st_size > 0 && (uint64_t)st.st_size > out->max) {
		err_set(err, ERR_TOO_LARGE, "%s has %lld bytes; at most %zu are read.", rel,
			(long long)st.st_size, out->max);
		goto out;
	}
	if (!file_slurp(fd, rel, out, err))
		goto out;
	info->sha256 = sha256(buf_slice(out));
	info->size = out->len;
	info->mode = st.st_mode & 07777;
	ok = true;
out:
	(void)close(fd);
	return ok;
}
