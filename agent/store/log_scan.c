/* log_scan.c - see log_scan.h. The file is read in chunks by pread(2), so its offset does not move, and
 * lines are hashed one after the other; memory is bounded by the longest line that may be. What follows the
 * last line feed is torn. */
#include "agent/store/log_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/buf.h"
#include "protocol/base/limits.h"

enum { CHUNK_BYTES = 64 * 1024 };

struct scanner {
	struct log_scan *scan;
	const char *name;
	log_line_fn *fn;
	void *payload;
};

void log_scan_init(struct log_scan *s)
{
	*s = (struct log_scan){ 0 };
	memset(s->head.s, '0', 64);
}

struct sha256_hex log_chain(const struct sha256_hex *before, struct slice text)
{
	return sha256_two(slice_make(before->s, 64), text);
}

/* Splits TEXT,"hash":"H"} into its text and H; false if it does not look like that. */
static bool split_line(struct slice line, struct slice *text, struct slice *hash)
{
	struct slice tail;

	if (line.len <= LOG_TAIL_BYTES)
		return false;
	*text = slice_sub(line, 0, line.len - LOG_TAIL_BYTES);
	tail = slice_sub(line, line.len - LOG_TAIL_BYTES, line.len);
	*hash = slice_sub(tail, 9, 73);
	return slice_starts(tail, SLICE(",\"hash\":\"")) && slice_ends(tail, SLICE("\"}"));
}

static bool take_line(struct scanner *s, struct slice line, struct err *err)
{
	struct log_scan *scan = s->scan;
	struct slice text, hash;
	struct sha256_hex want;

	if (!split_line(line, &text, &hash))
		return err_set(
			err, ERR_INVALID,
			"%s:%llu: this line is not an event with its hash: the log was changed "
			"or damaged from here on.",
			s->name, (unsigned long long)scan->lines + 1);
	want = log_chain(&scan->head, text);
	if (!slice_eq_cstr(hash, want.s))
		return err_set(
			err, ERR_INVALID,
			"%s:%llu: the hash chain breaks here: this line, or one before it, was "
			"changed, removed or moved.",
			s->name, (unsigned long long)scan->lines + 1);
	scan->lines++;
	scan->end += line.len + 1;
	scan->head = want;
	return !s->fn || s->fn(s->payload, scan->lines, line, err);
}

/* Hands every complete line in b to take_line. from: where the search for a line feed has not been
 * yet. */
static bool take_lines(struct scanner *s, struct buf *b, size_t from, struct err *err)
{
	struct slice all = buf_slice(b);
	size_t start = 0, nl;
	bool ok = true;

	while (ok && (nl = slice_find_byte(all, '\n', from)) != SIZE_MAX) {
		ok = take_line(s, slice_sub(all, start, nl), err);
		start = from = nl + 1;
	}
	buf_consume(b, start);
	return ok;
}

bool log_scan_read(struct log_scan *s, int fd, const char *name, log_line_fn *fn, void *payload,
		   struct err *err)
{
	struct scanner scanner = { s, name, fn, payload };
	char *chunk = malloc(CHUNK_BYTES);
	struct buf b;
	off_t at = 0;
	bool ok = true;

	buf_init(&b, (size_t)LIMIT_LOG_EVENT_BYTES + CHUNK_BYTES);
	while (ok && chunk) {
		ssize_t n = pread(fd, chunk, CHUNK_BYTES, at);
		size_t old = b.len;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = err_set(err, ERR_IO, "Cannot read %s: %s.", name, strerror(errno));
		if (n <= 0)
			break;
		at += n;
		buf_append(&b, slice_make(chunk, (size_t)n));
		ok = b.full ? err_set(err, ERR_INVALID,
				      "%s:%llu: this line is longer than any event may be: the log "
				      "was "
				      "changed or damaged from here on.",
				      name, (unsigned long long)s->lines + 1)
			    : take_lines(&scanner, &b, old, err);
	}
	if (!chunk)
		ok = err_set(err, ERR_IO, "Cannot read %s: out of memory.", name);
	s->torn = b.len;
	buf_release(&b);
	free(chunk);
	return ok;
}
