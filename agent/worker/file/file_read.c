/* file_read.c - see files.h */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/worker/file/files.h"

enum { SMALL_BYTES = 8 * 1024 };

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

static bool hash_large(int fd, const char *rel, uint64_t size, struct sha256_hex *out,
		       struct err *err)
{
	char piece[64 * 1024];
	struct sha256_sum *sum = sha256_begin();
	uint64_t seen = 0;
	ssize_t n = 1;

	while ((n > 0 && (seen < size || seen == 0)) || (n < 0 && errno == EINTR)) {
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
