/* event_log.c - see event_log.h: the writing side.
 *
 * The line under construction is in `line`; event_log_end() closes it with its hash and gives it to
 * the kernel in one write(2) on a descriptor opened with O_APPEND. A write that fails halfway is
 * cut off again, so that the file holds whole lines only, and the log takes nothing more: a log
 * with a hole would be a false witness. */
#include "agent/store/event_log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/store/event_log_own.h"
#include "agent/store/log_scan.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { KEEP_BYTES = 1024 * 1024 }; /* memory of a longer line is given back */

/* Opens and locks; a file that was removed between the two steps is tried again. */
static bool open_locked(struct event_log *l, struct err *err)
{
	for (int tries = 0; tries < 8; tries++) {
		struct stat st;

		l->fd = open(l->path.ptr, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			     0600);
		if (l->fd < 0)
			return err_set(err, ERR_IO, "Cannot open the session log %s: %s.",
				       l->path.ptr, strerror(errno));
		if (flock(l->fd, LOCK_EX | LOCK_NB) != 0)
			return err_set(err, ERR_DENIED,
				       "Session %.*s is open in another emend; end that one first.",
				       SLICE_ARG(l->session));
		if (fstat(l->fd, &st) == 0 && st.st_nlink > 0)
			return true;
		(void)close(l->fd);
		l->fd = -1;
		if (!make_folder(l->folder, err))
			return false;
	}
	return err_set(err, ERR_IO, "The session log %s is being removed again and again.",
		       l->path.ptr);
}

/* Checks what is there, and cuts off a last line that a crash left unfinished. */
static bool recover(struct event_log *l, struct err *err)
{
	struct log_scan scan;

	log_scan_init(&scan);
	if (!log_scan_read(&scan, l->fd, l->path.ptr, NULL, NULL, err))
		return false;
	l->seq = scan.lines;
	l->end = scan.end;
	l->head = scan.head;
	if (scan.torn == 0)
		return true;
	log_warn("%s: cutting off %llu bytes of an unfinished last line", l->path.ptr,
		 (unsigned long long)scan.torn);
	if (ftruncate(l->fd, (off_t)scan.end) != 0)
		return err_set(err, ERR_IO, "Cannot repair the session log %s: %s.", l->path.ptr,
			       strerror(errno));
	return true;
}

/* Blobs may come now: what they sum up to is not known any more. */
static bool forget_size(struct event_log *l, struct err *err)
{
	struct slice size;

	if (!session_path(&l->arena, l->state_dir, l->session, SESSION_SIZE_FILE, &size, err))
		return false;
	(void)unlink(size.ptr);
	return true;
}

bool event_log_open(struct slice state_dir, struct slice session, struct event_log **out,
		    struct err *err)
{
	struct event_log *l = xcalloc(1, sizeof(*l));

	l->fd = -1;
	arena_init(&l->arena);
	buf_init(&l->line, (size_t)LIMIT_LOG_EVENT_BYTES + LOG_TAIL_BYTES + 1);
	l->session = arena_dup(&l->arena, session);
	l->state_dir = arena_dup(&l->arena, state_dir);
	if (session_path(&l->arena, state_dir, session, "", &l->folder, err) &&
	    session_path(&l->arena, state_dir, session, "log.jsonl", &l->path, err) &&
	    make_folder(l->folder, err) && open_locked(l, err) && recover(l, err) &&
	    forget_size(l, err)) {
		*out = l;
		return true;
	}
	event_log_close(l);
	return false;
}

void event_log_close(struct event_log *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		(void)close(l->fd);
	buf_release(&l->line);
	arena_release(&l->arena);
	free(l);
}

struct slice event_log_session(const struct event_log *l)
{
	return l->session;
}

struct slice event_log_state_dir(const struct event_log *l)
{
	return l->state_dir;
}

/* "2026-11-21T03:05:07.123Z" */
static void put_time(struct jw *w)
{
	struct timespec now;
	char text[40];
	struct tm tm;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	text[n++] = '.';
	text[n++] = (char)('0' + now.tv_nsec / 100000000);
	text[n++] = (char)('0' + now.tv_nsec / 10000000 % 10);
	text[n++] = (char)('0' + now.tv_nsec / 1000000 % 10);
	text[n++] = 'Z';
	jw_kstr(w, "time", slice_make(text, n));
}

struct jw *event_log_begin(struct event_log *l, const char *type)
{
	assert(!l->open);
	l->open = true;
	l->type = type;
	buf_clear(&l->line);
	jw_init(&l->w, &l->line);
	jw_object(&l->w);
	jw_ki64(&l->w, "seq", (int64_t)l->seq + 1);
	put_time(&l->w);
	jw_kcstr(&l->w, "type", type);
	return &l->w;
}

static bool append_line(struct event_log *l, struct err *err)
{
	if (write_all(l->fd, buf_slice(&l->line))) {
		l->end += l->line.len;
		return true;
	}
	err_set(&l->why, ERR_IO,
		"Cannot write the session log %s: %s. The session cannot go on without its log.",
		l->path.ptr, strerror(errno));
	l->broken = true;
	if (ftruncate(l->fd, (off_t)l->end) != 0)
		log_error("%s: cannot cut off an unfinished line: %s", l->path.ptr,
			  strerror(errno));
	return err_set(err, l->why.code, "%s", l->why.msg);
}

bool event_log_end(struct event_log *l, struct err *err)
{
	struct sha256_hex hash;
	bool ok;

	assert(l->open && l->w.depth == 1);
	l->open = false;
	if (l->broken)
		return err_set(err, l->why.code, "%s", l->why.msg);
	if (l->line.full || l->line.len > LIMIT_LOG_EVENT_BYTES) {
		buf_release(&l->line);
		buf_init(&l->line, (size_t)LIMIT_LOG_EVENT_BYTES + LOG_TAIL_BYTES + 1);
		return err_set(err, ERR_TOO_LARGE,
			       "A \"%s\" event is larger than %d bytes and was not logged.",
			       l->type, LIMIT_LOG_EVENT_BYTES);
	}
	hash = log_chain(&l->head, buf_slice(&l->line));
	buf_printf(&l->line, ",\"hash\":\"%s\"}\n", hash.s);
	ok = append_line(l, err);
	if (ok) {
		l->head = hash;
		l->seq++;
	}
	if (l->line.cap > KEEP_BYTES) {
		buf_release(&l->line);
		buf_init(&l->line, (size_t)LIMIT_LOG_EVENT_BYTES + LOG_TAIL_BYTES + 1);
	}
	return ok;
}

bool event_log_sync(struct event_log *l, struct err *err)
{
	if (l->broken)
		return err_set(err, l->why.code, "%s", l->why.msg);
	if (fdatasync(l->fd) == 0)
		return true;
	l->broken = true;
	err_set(&l->why, ERR_IO, "Cannot bring the session log %s to the disk: %s.", l->path.ptr,
		strerror(errno));
	return err_set(err, l->why.code, "%s", l->why.msg);
}
