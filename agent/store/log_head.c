/* log_head.c - see log_head.h. One line: SEQ HASH SEQ HASH HMAC. */
#include "agent/store/log_head.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/base/sha256.h"
#include "agent/store/log_scan.h"
#include "agent/store/store_path.h"

enum { KEY_BYTES = 32, HEAD_MAX = 400 };

struct mac {
	char hex[2 * HMAC_SHA256_BYTES + 1];
};

static struct slice head_path(struct arena *a, struct slice state_dir, struct slice session)
{
	return arena_printf(a, "%.*s/heads/%.*s", SLICE_ARG(state_dir), SLICE_ARG(session));
}

/* --- the key --- */

static bool read_key(const char *path, char key[KEY_BYTES])
{
	int fd = regular_open(AT_FDCWD, path, 0, NULL);
	bool ok = fd >= 0 && read(fd, key, KEY_BYTES) == KEY_BYTES;

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* Made under another name and linked into place, so that two emends that begin at once get one key. */
static bool make_key(struct arena *a, struct slice path)
{
	char key[KEY_BYTES], id[13];
	struct slice temp;
	bool ok;
	int fd;

	random_bytes(key, sizeof(key));
	random_id(id, sizeof(id) - 1);
	temp = arena_printf(a, "%.*s.%s", SLICE_ARG(path), id);
	fd = open(temp.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	ok = write_all(fd, slice_make(key, sizeof(key))) && fsync(fd) == 0;
	(void)close(fd);
	ok = ok && (link(temp.ptr, path.ptr) == 0 || errno == EEXIST);
	(void)unlink(temp.ptr);
	return ok;
}

/* make: only a writer makes the key. For a reader a missing one means that nothing can be believed. */
static bool get_key(struct arena *a, struct slice state_dir, bool make, char key[KEY_BYTES],
		    struct err *err)
{
	struct slice path = arena_printf(a, "%.*s/heads.key", SLICE_ARG(state_dir));

	if (read_key(path.ptr, key) || (make && make_key(a, path) && read_key(path.ptr, key)))
		return true;
	return err_set(err, make ? ERR_IO : ERR_INVALID,
		       "Cannot %s the key %s, by which the ends of logs are known: %s.",
		       make ? "make" : "read", path.ptr, strerror(errno));
}

/* Over the session's id as well: a head that is copied from another session does not hold here. */
static struct mac sign(const char key[KEY_BYTES], struct slice session, struct slice points)
{
	unsigned char mac[HMAC_SHA256_BYTES];
	struct mac out = { "" };
	struct arena a;
	struct slice text;

	arena_init(&a);
	text = arena_printf(&a, "%.*s\n%.*s", SLICE_ARG(session), SLICE_ARG(points));
	hmac_sha256(slice_make(key, KEY_BYTES), text, mac);
	for (size_t i = 0; i < sizeof(mac); i++)
		(void)snprintf(out.hex + 2 * i, 3, "%02x", mac[i]);
	arena_release(&a);
	return out;
}

/* --- writing --- */

/* Not synced here: a sync for each batch would cost as much as that of the log itself. Of a batch that begins to change
 * files it goes with the sync of what they held (log_batch.c). A crash of emend loses nothing; after a loss of
 * power the head may be older than the words of a log on file systems that do not keep the order, and the check
 * then suspects a log that is honest. */
static bool put(struct arena *a, struct slice path, struct slice text)
{
	struct slice temp = arena_printf(a, "%.*s.tmp", SLICE_ARG(path));
	int fd = open(temp.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && write_all(fd, text);

	if (fd >= 0)
		(void)close(fd);
	return ok && rename(temp.ptr, path.ptr) == 0;
}

bool log_head_write(struct slice state_dir, struct slice session, const struct log_point *from,
		    const struct log_point *to, struct err *err)
{
	char key[KEY_BYTES];
	struct slice points, path;
	struct arena a;
	bool ok;

	arena_init(&a);
	path = head_path(&a, state_dir, session);
	points = arena_printf(&a, "%" PRIu64 " %s %" PRIu64 " %s", from->seq, from->hash.s, to->seq,
			      to->hash.s);
	ok = make_folder(arena_printf(&a, "%.*s/heads", SLICE_ARG(state_dir)), err) &&
	     get_key(&a, state_dir, true, key, err);
	if (ok &&
	    !put(&a, path,
		 arena_printf(&a, "%.*s %s\n", SLICE_ARG(points), sign(key, session, points).hex)))
		ok = err_set(err, ERR_IO, "Cannot write %s: %s.", path.ptr, strerror(errno));
	arena_release(&a);
	return ok;
}

bool log_head_begin(struct slice state_dir, struct slice session, struct err *err)
{
	struct log_point none = { .seq = 0 };
	struct log_scan scan;
	struct slice path;
	struct arena a;
	bool ok;

	log_scan_init(&scan);
	none.hash = scan.head;
	arena_init(&a);
	ok = session_path(&a, state_dir, session, "log.jsonl", &path, err) &&
	     (access(path.ptr, F_OK) == 0 || log_head_write(state_dir, session, &none, &none, err));
	arena_release(&a);
	return ok;
}

void log_head_remove(struct slice state_dir, struct slice session)
{
	struct arena a;

	arena_init(&a);
	(void)unlink(head_path(&a, state_dir, session).ptr);
	arena_release(&a);
}

/* --- checking --- */

static bool bad(struct err *err, struct slice session, const char *what)
{
	return err_set(err, ERR_INVALID, "The log of session %.*s %s.", SLICE_ARG(session), what);
}

/* *found: there is a head. */
static bool read_head(struct arena *a, struct slice state_dir, struct slice session,
		      struct log_point *from, struct log_point *to, bool *found, struct err *err)
{
	struct slice text, points, path = head_path(a, state_dir, session);
	char key[KEY_BYTES];
	struct err why = { 0 };
	size_t end = 0;

	*found = read_whole(path, HEAD_MAX, a, &text, &why);
	if (!*found)
		return why.code == ERR_NOT_FOUND || err_set(err, ERR_INVALID, "%s", why.msg);
	if (!get_key(a, state_dir, false, key, err))
		return false;
	for (size_t i = 0; i < text.len; i++)
		end = text.ptr[i] == ' ' ? i : end;
	points = slice_sub(text, 0, end);
	if (!slice_eq_cstr(slice_trim(slice_sub(text, end, text.len)),
			   sign(key, session, points).hex) ||
	    sscanf(arena_cstr(a, points), "%" SCNu64 " %64s %" SCNu64 " %64s", &from->seq,
		   from->hash.s, &to->seq, to->hash.s) != 4)
		return bad(err, session, "has a record of its end that was changed");
	return true;
}

struct walk {
	const struct log_point *from;
	bool met;
};

static bool on_line(void *payload, uint64_t number, struct slice line, struct err *err)
{
	struct walk *w = payload;

	(void)err;
	if (number == w->from->seq)
		w->met = slice_find(line, slice_of(w->from->hash.s), 0) != SIZE_MAX;
	return true;
}

/* From what is most telling to what is least: a torn end, missing lines, another chain, lines too many. */
static bool compare(const struct log_scan *s, const struct walk *w, const struct log_point *to,
		    struct slice session, struct err *err)
{
	if (s->torn > 0)
		return bad(err, session,
			   "ends in a piece of a line: its emend was killed while it wrote, or "
			   "something was added");
	if (s->lines < w->from->seq)
		return bad(err, session, "was shortened: its last events are missing");
	if (!w->met)
		return bad(err, session, "was written anew: its hash chain is another");
	if (s->lines > to->seq)
		return bad(err, session, "has events that Emend did not write");
	return s->lines < to->seq || strcmp(s->head.s, to->hash.s) == 0 ||
	       bad(err, session, "was written anew: its end is another");
}

static bool check_file(int fd, struct slice path, struct slice session,
		       const struct log_point *from, const struct log_point *to, bool opening,
		       struct err *err)
{
	struct walk w = { .from = from, .met = from->seq == 0 };
	struct log_scan s;

	log_scan_init(&s);
	if (!log_scan_read(&s, fd, path.ptr, on_line, &w, err))
		return false;
	if (opening)
		s.torn = 0;
	return compare(&s, &w, to, session, err);
}

bool log_head_check(struct slice state_dir, struct slice session, bool opening, struct err *err)
{
	struct log_point from = { 0 }, to = { 0 };
	struct slice path;
	struct arena a;
	bool ok, found = false;
	int fd;

	arena_init(&a);
	ok = session_path(&a, state_dir, session, "log.jsonl", &path, err);
	fd = ok ? regular_open(AT_FDCWD, path.ptr, 0, NULL) : -1;
	/* Who writes it holds its lock, and moves both while we look. */
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0) {
		ok = read_head(&a, state_dir, session, &from, &to, &found, err);
		if (ok && found)
			ok = check_file(fd, path, session, &from, &to, opening, err);
		else if (ok && !opening)
			ok = bad(err, session,
				 "has no record of its end: it was removed, or the log "
				 "is not Emend's");
	}
	if (fd >= 0)
		(void)close(fd);
	arena_release(&a);
	return ok;
}

void log_head_each_missing(struct slice state_dir, void (*fn)(void *payload, struct slice session),
			   void *payload)
{
	struct slice path;
	struct dirent *e;
	struct arena a;
	DIR *d;

	arena_init(&a);
	d = opendir(arena_printf(&a, "%.*s/heads", SLICE_ARG(state_dir)).ptr);
	while (d && (e = readdir(d))) {
		struct slice name = slice_of(e->d_name);
		struct log_point from, to = { .seq = 1 };
		struct err ignored;
		struct stat st;
		bool found;

		if (!session_name_ok(name) || slice_ends(name, SLICE(".tmp")) ||
		    !session_path(&a, state_dir, name, "log.jsonl", &path, &ignored))
			continue;
		if (lstat(path.ptr, &st) != 0 &&
		    (!read_head(&a, state_dir, name, &from, &to, &found, &ignored) || to.seq > 0))
			fn(payload, name);
	}
	if (d)
		(void)closedir(d);
	arena_release(&a);
}
