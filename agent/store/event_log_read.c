/* event_log_read.c - see event_log.h: reading a session, and the list of sessions. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/store/event_log.h"
#include "agent/store/log_scan.h"
#include "agent/store/store_path.h"
#include "protocol/base/mem.h"

struct reader {
	event_fn *fn;
	void *payload;
	const char *path;
};

static bool on_line(void *payload, uint64_t number, struct slice line, struct err *err)
{
	struct reader *r = payload;
	struct arena a;
	struct json event;
	bool ok;

	arena_init(&a);
	ok = json_parse(&a, line, &event, err);
	if (!ok)
		err_wrap(err, "%s:%llu", r->path, (unsigned long long)number);
	else if (json_i64_or(json_get(event, "seq"), -1) != (int64_t)number)
		ok = err_set(err, ERR_INVALID,
			     "%s:%llu: the event does not carry the number of its line.", r->path,
			     (unsigned long long)number);
	else
		ok = r->fn(r->payload, event, err);
	arena_release(&a);
	return ok;
}

bool event_log_read(struct slice state_dir, struct slice session, event_fn *fn, void *payload,
		    struct err *err)
{
	struct reader r = { .fn = fn, .payload = payload };
	struct log_scan scan;
	struct slice path;
	struct arena a;
	bool ok;
	int fd;

	arena_init(&a);
	ok = session_path(&a, state_dir, session, "log.jsonl", &path, err);
	if (ok) {
		r.path = path.ptr;
		fd = regular_open(AT_FDCWD, path.ptr, 0, NULL);
		if (fd < 0)
			ok = err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
				     "Cannot open session %.*s: %s. `emend sessions` lists what is "
				     "there.",
				     SLICE_ARG(session), strerror(errno));
		log_scan_init(&scan);
		ok = ok && log_scan_read(&scan, fd, path.ptr, on_line, &r, err);
		if (fd >= 0)
			(void)close(fd);
	}
	arena_release(&a);
	return ok;
}

struct first_line {
	struct arena arena;
	struct slice workspace;
	bool elsewhere;
};

static bool on_first(void *payload, struct json event, struct err *err)
{
	struct first_line *f = payload;
	struct slice where;

	f->elsewhere = json_is(json_get(event, "type"), "session") &&
		       json_str(json_get(event, "workspace"), &f->arena, &where) &&
		       !slice_eq(where, f->workspace);
	return err_set(err, ERR_CANCELLED, "that was enough");
}

bool session_is_elsewhere(struct slice state_dir, struct slice session, struct slice workspace)
{
	struct first_line f = { .workspace = workspace };
	struct err err;
	bool whole;

	arena_init(&f.arena);
	whole = event_log_read(state_dir, session, on_first, &f, &err);
	arena_release(&f.arena);
	return !whole && err.code == ERR_CANCELLED && f.elsewhere;
}

/* What may be the beginning of the text at the end of a piece is looked at again with the next one. */
static bool fd_mentions(int fd, struct slice text)
{
	enum { PIECE_BYTES = 1024 * 1024 };
	char *piece = xmalloc(PIECE_BYTES);
	size_t held = 0;
	bool found = false;
	off_t at = 0;

	while (!found) {
		ssize_t n = pread(fd, piece + held, PIECE_BYTES - held, at);

		if (n < 0 && errno == EINTR)
			continue;
		found = n < 0;
		if (n <= 0)
			break;
		at += n;
		held += (size_t)n;
		found = memmem(piece, held, text.ptr, text.len) != NULL;
		if (!found && held >= text.len) {
			memmove(piece, piece + held - (text.len - 1), text.len - 1);
			held = text.len - 1;
		}
	}
	free(piece);
	return found;
}

bool session_mentions(struct slice state_dir, struct slice session, struct slice text)
{
	enum { LONGEST = 1024 };
	struct slice path;
	struct arena a;
	bool found = true;
	int fd;

	arena_init(&a);
	if (text.len > 0 && text.len <= LONGEST &&
	    session_path(&a, state_dir, session, "log.jsonl", &path, NULL)) {
		fd = regular_open(AT_FDCWD, path.ptr, 0, NULL);
		found = fd < 0 || fd_mentions(fd, text);
		if (fd >= 0)
			(void)close(fd);
	}
	arena_release(&a);
	return found;
}

enum session_use session_use(struct slice state_dir, struct slice session)
{
	enum session_use use = SESSION_GONE;
	struct slice path;
	struct arena a;
	int fd = -1;

	arena_init(&a);
	if (session_path(&a, state_dir, session, "log.jsonl", &path, NULL))
		fd = regular_open(AT_FDCWD, path.ptr, 0, NULL);
	if (fd >= 0) {
		use = flock(fd, LOCK_SH | LOCK_NB) == 0 ? SESSION_IDLE : SESSION_IN_USE;
		(void)close(fd);
	}
	arena_release(&a);
	return use;
}

/* Five digits to the base of 36 in steps of 1.5 ms of the day keep the order; four random ones keep
 * apart. */
void session_new_id(char out[24])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	struct timespec now;
	uint32_t step;
	struct tm tm;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = strftime(out, 24, "%Y%m%d-", &tm);
	step = (uint32_t)(now.tv_sec % 86400) * 1000 + (uint32_t)(now.tv_nsec / 1000000);
	step = step / 3 * 2 + step % 3 * 2 / 3;
	for (size_t i = 5; i-- > 0; step /= 36)
		out[n + i] = digits[step % 36];
	random_id(out + n + 5, 4);
}

static int newest_first(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	return slice_cmp(*y, *x);
}

size_t session_list(struct slice state_dir, struct arena *a, struct slice *ids, size_t max)
{
	struct slice folder = arena_printf(a, "%.*s/sessions", SLICE_ARG(state_dir));
	DIR *d = opendir(folder.ptr);
	struct slice *all = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;
	struct err ignored;

	while (d && (e = readdir(d))) {
		struct slice path, name = slice_of(e->d_name);
		struct stat st;

		if (!session_name_ok(name) ||
		    !session_path(a, state_dir, name, "log.jsonl", &path, &ignored) ||
		    stat(path.ptr, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 64;
			all = xrealloc(all, cap * sizeof(*all));
		}
		all[n++] = arena_dup(a, name);
	}
	if (d)
		(void)closedir(d);
	if (n > 0) {
		qsort(all, n, sizeof(*all), newest_first);
		n = n < max ? n : max;
		memcpy(ids, all, n * sizeof(*ids));
	}
	free(all);
	return n;
}
