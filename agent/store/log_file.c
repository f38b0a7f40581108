/* log_file.c - see log_file.h
 *
 * The lines go to the kernel by write(2) on a descriptor opened with O_APPEND. A write that fails
 * halfway is cut off again, so that the file holds whole lines only, and the log takes nothing more:
 * a log with a hole would be a false witness. */
#include "agent/store/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/store/log_scan.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"

enum { KEEP_BYTES = 1024 * 1024 }; /* memory of a longer line is given back */

/* --- a line --- */

void log_line_init(struct log_line *l)
{
	buf_init(&l->text, (size_t)LIMIT_LOG_EVENT_BYTES + LOG_TAIL_BYTES + 1);
}

void log_line_release(struct log_line *l)
{
	buf_release(&l->text);
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

struct jw *log_line_begin(struct log_line *l, uint64_t seq, const char *type)
{
	if (l->text.full || l->text.cap > KEEP_BYTES) {
		log_line_release(l);
		log_line_init(l);
	}
	l->type = type;
	buf_clear(&l->text);
	jw_init(&l->w, &l->text);
	jw_object(&l->w);
	jw_ki64(&l->w, "seq", (int64_t)seq);
	put_time(&l->w);
	jw_kcstr(&l->w, "type", type);
	return &l->w;
}

bool log_line_end(struct log_line *l, struct sha256_hex *head, struct err *err)
{
	if (l->text.full || l->text.len > LIMIT_LOG_EVENT_BYTES)
		return err_set(err, ERR_TOO_LARGE,
			       "A \"%s\" event is larger than %d bytes and was not logged.",
			       l->type, LIMIT_LOG_EVENT_BYTES);
	*head = log_chain(head, buf_slice(&l->text));
	buf_printf(&l->text, ",\"hash\":\"%s\"}\n", head->s);
	return true;
}

/* --- the file --- */

/* Opens and locks; a file that was removed between the two steps is tried again. */
static bool open_locked(struct log_file *f, struct slice session, struct slice folder,
			struct err *err)
{
	for (int tries = 0; tries < 8; tries++) {
		struct stat st;

		f->fd = open(f->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (f->fd < 0)
			return err_set(err, ERR_IO, "Cannot open the session log %s: %s.", f->path,
				       strerror(errno));
		if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
			return err_set(err, ERR_DENIED,
				       "Session %.*s is open in another emend; end that one first.",
				       SLICE_ARG(session));
		if (fstat(f->fd, &st) == 0 && st.st_nlink > 0)
			return true;
		log_file_close(f);
		if (!make_folder(folder, err))
			return false;
	}
	return err_set(err, ERR_IO, "The session log %s is being removed again and again.",
		       f->path);
}

/* Checks what is there, and cuts off a last line that a crash left unfinished. */
static bool recover(struct log_file *f, uint64_t *seq, struct sha256_hex *head, struct err *err)
{
	struct log_scan scan;

	log_scan_init(&scan);
	if (!log_scan_read(&scan, f->fd, f->path, NULL, NULL, err))
		return false;
	*seq = scan.lines;
	*head = scan.head;
	f->end = scan.end;
	if (scan.torn == 0)
		return true;
	log_warn("%s: cutting off %llu bytes of an unfinished last line", f->path,
		 (unsigned long long)scan.torn);
	if (ftruncate(f->fd, (off_t)scan.end) != 0)
		return err_set(err, ERR_IO, "Cannot repair the session log %s: %s.", f->path,
			       strerror(errno));
	return true;
}

bool log_file_open(struct log_file *f, struct slice state_dir, struct slice session,
		   struct arena *a, uint64_t *seq, struct sha256_hex *head, struct err *err)
{
	struct slice folder, path;

	*f = (struct log_file){ .fd = -1 };
	if (!session_path(a, state_dir, session, "", &folder, err) ||
	    !session_path(a, state_dir, session, "log.jsonl", &path, err))
		return false;
	f->path = path.ptr;
	if (make_folder(folder, err) && open_locked(f, session, folder, err) &&
	    recover(f, seq, head, err))
		return true;
	log_file_close(f);
	return false;
}

void log_file_close(struct log_file *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
}

bool log_file_append(struct log_file *f, struct slice lines, struct err *err)
{
	if (f->why.code == ERR_NONE && write_all(f->fd, lines)) {
		f->end += lines.len;
		return true;
	}
	if (f->why.code == ERR_NONE) {
		(void)err_set(&f->why, ERR_IO,
			      "Cannot write the session log %s: %s. The session cannot go on "
			      "without its log.",
			      f->path, strerror(errno));
		if (ftruncate(f->fd, (off_t)f->end) != 0)
			log_error("%s: cannot cut off an unfinished line: %s", f->path,
				  strerror(errno));
	}
	return err_set(err, f->why.code, "%s", f->why.msg);
}

bool log_file_sync(struct log_file *f, struct err *err)
{
	if (f->why.code == ERR_NONE && fdatasync(f->fd) != 0)
		(void)err_set(&f->why, ERR_IO, "Cannot bring the session log %s to the disk: %s.",
			      f->path, strerror(errno));
	return f->why.code == ERR_NONE || err_set(err, f->why.code, "%s", f->why.msg);
}
