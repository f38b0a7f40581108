/* places.c - see places.h: one walk through the workspace, and one through each folder outside that commands
 * reach. The list is made anew each time; what was hidden once stays in p->hidden until the runner ends. */
#include "agent/worker/view/places_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/path.h"
#include "agent/base/tool_folder.h"
#include "agent/policy/protect.h"
#include "agent/policy/secret_file.h"
#include "agent/sandbox/spawn.h"
#include "agent/worker/file/files.h"
#include "agent/worker/ignore/ignore.h"
#include "agent/worker/ignore/walk.h"

/* PLACES_MAX: each is a mount for every command. COST_SHARE: a new look may take a fiftieth of the time since the
 * last one, CHECK_SHARE: a look at the times of folders a tenth. TOOLS_MAX: folders of build tools; what is in others
 * is listed like all else. */
enum {
	PLACES_MAX = 2000,
	PLACES_BYTES = 4 * 1024 * 1024,
	COST_SHARE = 50,
	CHECK_SHARE = 10,
	TOOLS_MAX = 200
};

static bool holds(const struct buf *list, const char *rel)
{
	const char *at = list->data, *end = at ? at + list->len : at;

	for (; at < end; at += strlen(at) + 1) {
		if (strcmp(at, rel) == 0)
			return true;
	}
	return false;
}

static bool is_tools(char kind)
{
	return kind == PLACE_TOOLS || kind == PLACE_BIND;
}

static bool lies_in(const struct places *p, const char *rel, bool bound)
{
	const char *at = p->list.data, *end = at ? at + p->list.len : at;

	for (; at < end; at += strlen(at) + 1) {
		struct slice top = slice_of(at + 1);

		if ((bound ? *at == PLACE_BIND : is_tools(*at)) &&
		    slice_starts(slice_of(rel), top) && (rel[top.len] == 0 || rel[top.len] == '/'))
			return true;
	}
	return false;
}

bool places_tools(const struct places *p, const char *rel)
{
	return p->n_tools > 0 && lies_in(p, rel, false);
}

bool places_bound(const struct places *p, const char *rel)
{
	return p->n_bound > 0 && lies_in(p, rel, true);
}

bool places_hide(const struct places *p, const char *rel)
{
	const char *at = p->hidden.data, *end = at ? at + p->hidden.len : at;

	for (; at < end; at += strlen(at) + 1) {
		size_t len = strlen(at);

		if (strncmp(at, rel, len) == 0 && (rel[len] == 0 || rel[len] == '/'))
			return true;
	}
	return false;
}

bool places_hide_below(const struct places *p, const char *folder)
{
	const char *at = p->hidden.data, *end = at ? at + p->hidden.len : at;
	size_t len = strlen(folder);

	for (; at < end; at += strlen(at) + 1)
		if (strncmp(at, folder, len) == 0 && at[len] == '/')
			return true;
	return false;
}

void places_add(struct scan *s, char kind, const char *rel, const char *tail)
{
	struct places *p = s->p;

	if (s->reads_only && (kind == PLACE_READ_ONLY || kind == PLACE_PIN))
		return; /* the whole folder is */
	if (p->n >= PLACES_MAX) {
		s->too_many = true;
		return;
	}
	buf_putc(&p->list, kind);
	if (s->outside)
		buf_putc(&p->list, '/');
	buf_puts(&p->list, rel);
	if (tail) {
		buf_putc(&p->list, '/');
		buf_puts(&p->list, tail);
	}
	buf_putc(&p->list, 0);
	p->n++;
	s->too_many = p->list.full;
}

static bool pinned(const struct scan *s, const char *rel)
{
	const char *at = buf_slice(&s->p->list).ptr;

	for (uint32_t i = 0; i < s->p->n; i++, at += strlen(at) + 1) {
		if (*at == PLACE_PIN && strcmp(at + 1 + s->outside, rel) == 0 &&
		    (at[1] == '/') == s->outside)
			return true;
	}
	return false;
}

/* What is mounted cannot be renamed, but the folders above it can: then another would stand in the
 * place of the protected one. */
static void add_protected(struct scan *s, char kind, const char *rel)
{
	char parent[LIMIT_PATH_BYTES];

	for (const char *slash = strchr(rel + s->inside, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		(void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - rel), rel);
		if (!pinned(s, parent))
			places_add(s, PLACE_PIN, parent, NULL);
	}
	places_add(s, kind, rel, NULL);
}

/* The rules have changed since the first look: a folder that became one of tools only by that is none. */
static void take_back_tools(struct places *p)
{
	struct buf kept;
	const char *at = p->list.data, *end = at ? at + p->list.len : at;

	buf_init(&kept, PLACES_BYTES);
	for (; at < end; at += strlen(at) + 1) {
		if (!is_tools(*at) || holds(&p->first, at + 1)) {
			buf_append(&kept, slice_make(at, strlen(at) + 1));
		} else {
			p->n--;
			p->n_tools--;
			p->n_bound -= *at == PLACE_BIND;
		}
	}
	buf_release(&p->list);
	p->list = kept;
}

/* The folders of the first look: the only ones that stay if the ignore rules change. */
static void remember_tools(struct places *p)
{
	const char *at = p->list.data, *end = at ? at + p->list.len : at;

	for (; at < end; at += strlen(at) + 1) {
		if (is_tools(*at))
			buf_append(&p->first, slice_make(at + 1, strlen(at)));
	}
}

/* Did somebody write these ignore rules since the first look? */
static void look_at_rules(struct places *p, int dir, const char *rules)
{
	struct stat st;

	if (p->born.tv_sec == 0 || fstatat(dir, rules, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	p->rules_changed =
		p->rules_changed || st.st_ctim.tv_sec > p->born.tv_sec ||
		(st.st_ctim.tv_sec == p->born.tv_sec && st.st_ctim.tv_nsec >= p->born.tv_nsec);
}

/* Can a layer not hold what is written there? Another file system is not part of the layer's lower one,
 * and would look empty; and a file of a foreign owner or group cannot be copied up by us. */
static bool is_past_layers(const struct scan *s, const struct walk_entry *e)
{
	struct stat st, top;

	return fstatat(e->dir, e->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(s->root->fd, &top) == 0 &&
	       (st.st_dev != top.st_dev || st.st_uid != geteuid() || st.st_gid != getegid());
}

static void add_tools(struct scan *s, const struct walk_entry *e)
{
	struct places *p = s->p;
	bool bound;

	if (p->n_tools >= TOOLS_MAX || places_tools(p, e->rel))
		return;
	if (!s->ignore)
		s->ignore = ignore_new(s->root);
	if (!ignore_match(s->ignore, e->rel, true) || tracked_below(s->tracked, s->root, e->rel))
		return;
	bound = is_past_layers(s, e);
	places_add(s, bound ? PLACE_BIND : PLACE_TOOLS, e->rel, NULL);
	p->n_tools++;
	p->n_bound += bound;
}

void places_add_hidden(struct scan *s, char kind, const char *rel)
{
	struct places *p = s->p;
	char name[LIMIT_PATH_BYTES + 1];

	places_add(s, s->outside && kind == PLACE_HIDE ? PLACE_MASK : kind, rel, NULL);
	p->secrets++;
	(void)snprintf(name, sizeof(name), "%s%s", s->outside ? "/" : "", rel);
	if (holds(&p->hidden, name))
		return;
	buf_append(&p->hidden, slice_make(name, strlen(name) + 1));
	s->too_many = s->too_many || p->hidden.full;
}

/* A name of secrets: commands see it where git tracks it, unless the user named it. That one is closed instead of
 * missing, else git would commit its removal. */
static bool is_shown(struct scan *s, const struct walk_entry *e)
{
	bool folder = e->kind == WALK_DIR;
	char name[LIMIT_PATH_BYTES + 1];

	(void)snprintf(name, sizeof(name), "%s%s", s->outside ? "/" : "", e->rel);
	if (!holds(&s->p->hidden, name) && tracked_surely(s->tracked, s->root, e->rel, folder)) {
		if (folder || !root_denied_always(s->root, slice_of(e->rel + s->inside)))
			return true;
		places_add_hidden(s, PLACE_MASK, e->rel);
	} else {
		places_add_hidden(s, PLACE_HIDE, e->rel);
	}
	return false;
}

/* In folders of build tools a word in a name says what was built: cargo's lib-secret_service. */
static bool is_looked_into(const struct scan *s, const struct walk_entry *e)
{
	struct slice rel = slice_of(e->rel);

	return e->kind == WALK_FILE && root_looks_into(s->root, rel) &&
	       !(secret_file_is_word(rel) && places_tools(s->p, e->rel));
}

/* One that is too large, or that fails while it is read, counts as a file with a secret. */
static bool holds_secret(const struct scan *s, const struct walk_entry *e)
{
	int fd = is_looked_into(s, e) ? root_openat(s->root, e->rel, O_RDONLY, false) : -1;
	struct slice rel = slice_of(e->rel);
	struct buf text;
	char head[4];
	bool found;

	if (fd < 0)
		return false;
	buf_init(&text, SECRET_FILE_BYTES);
	if (secret_file_is_word(rel)) {
		ssize_t n = pread(fd, head, sizeof(head), 0);

		found = n < 0 || secret_file_holds(rel, slice_make(head, (size_t)n));
	} else {
		found = !file_slurp(fd, e->rel, &text, NULL) ||
			secret_file_holds(rel, buf_slice(&text));
	}
	(void)close(fd);
	buf_release(&text);
	return found;
}

static bool is_secret(const struct scan *s, const struct walk_entry *e)
{
	return root_denied(s->root, slice_of(e->rel + s->inside)) || holds_secret(s, e);
}

static void note_folder(struct scan *s, const struct walk_entry *e)
{
	char path[LIMIT_PATH_BYTES + 1];

	(void)snprintf(path, sizeof(path), "%s%s", s->outside ? "/" : "", e->rel);
	places_dirs_note(&s->p->dirs, e->dir, e->name, path);
}

/* Order: git's folder, secrets, protected files, ignore rules, folders of tools. Other people's packages are
 * not gone into: there are tens of thousands of files, and their secrets are published. */
static enum walk_next visit(void *payload, const struct walk_entry *e)
{
	struct scan *s = payload;

	if (strcasecmp(e->name, ".git") == 0) {
		add_protected(s, e->kind == WALK_DIR ? PLACE_PIN : PLACE_READ_ONLY, e->rel);
		for (size_t i = 0; e->kind == WALK_DIR && protect_in_git[i]; i++)
			places_add(s, PLACE_READ_ONLY, e->rel, protect_in_git[i]);
		if (e->kind == WALK_DIR)
			places_add_git(s, e->rel);
		if (e->depth == 1 && !s->outside)
			look_at_rules(s->p, e->dir, ".git/info/exclude");
		return s->too_many ? WALK_STOP : WALK_SKIP;
	}
	if (is_secret(s, e) && !is_shown(s, e))
		return s->too_many ? WALK_STOP : WALK_SKIP;
	if (protect_named(e->name))
		add_protected(s, PLACE_READ_ONLY, e->rel);
	if (strcmp(e->name, ".gitignore") == 0 && !s->outside)
		look_at_rules(s->p, e->dir, e->name);
	if (e->kind == WALK_DIR && !s->outside && is_tool_folder(slice_of(e->name)))
		add_tools(s, e);
	if (s->too_many)
		return WALK_STOP;
	if (strcmp(e->name, "node_modules") == 0 || strcmp(e->name, "site-packages") == 0)
		return WALK_SKIP;
	if (e->kind == WALK_DIR)
		note_folder(s, e);
	return WALK_ON;
}

void places_init(struct places *p)
{
	*p = (struct places){ .n = 0 };
	buf_init(&p->list, PLACES_BYTES);
	buf_init(&p->first, PLACES_BYTES);
	buf_init(&p->hidden, PLACES_BYTES);
	tracked_init(&p->tracked);
	tracked_init(&p->tracked_outside);
}

void places_release(struct places *p)
{
	buf_release(&p->list);
	buf_release(&p->first);
	buf_release(&p->hidden);
	tracked_release(&p->tracked);
	tracked_release(&p->tracked_outside);
	places_dirs_release(&p->dirs);
}

void places_forget(struct places *p)
{
	p->valid = false;
}

static uint64_t clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The folders themselves: the workspace may lie in one, and is looked through by itself. */
struct outside {
	struct scan scan;
	struct slice workspace;
};

static enum walk_next visit_outside(void *payload, const struct walk_entry *e)
{
	struct outside *o = payload;

	if (e->kind == WALK_DIR &&
	    slice_eq(slice_sub(o->workspace, 1, o->workspace.len), slice_of(e->rel)))
		return WALK_SKIP;
	return visit(&o->scan, e);
}

/* dirs: absolute and resolved. */
static bool look_outside(struct places *p, const struct root *r, const char *const *dirs,
			 bool reads_only, struct err *err)
{
	char nothing[] = "";
	struct root top = { .path = nothing,
			    .denied = r->denied,
			    .denied_always = r->denied_always,
			    .look_into = r->look_into };
	bool ok = true, truncated = false;

	if (!dirs || !*dirs)
		return true;
	top.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (; ok && *dirs; dirs++) {
		struct outside o = { .scan = { .p = p,
					       .root = &top,
					       .tracked = &p->tracked_outside,
					       .outside = true,
					       .reads_only = reads_only,
					       .inside = strlen(*dirs) },
				     .workspace = slice_of(r->path) };
		struct err gone;

		places_dirs_note(&p->dirs, AT_FDCWD, *dirs, *dirs);
		if (path_below(slice_of(r->path), slice_of(*dirs)) || (*dirs)[1] == 0 ||
		    !walk_tree(&top, *dirs + 1, visit_outside, &o, &truncated, &gone))
			continue; /* it is looked through already, or is not there */
		if (truncated || o.scan.too_many)
			ok = err_set(err, ERR_SANDBOX,
				     "%s, which commands may reach, holds too much to look for "
				     "secrets. Name a smaller folder.",
				     *dirs);
	}
	if (top.fd >= 0)
		(void)close(top.fd);
	return ok;
}

/* Is what was found still all? The times of many folders are not looked at again and again. */
static bool is_fresh(struct places *p, const struct root *r, uint64_t now_ms)
{
	bool changed;

	if (!p->valid || now_ms - p->at_ms >= p->took_ms * COST_SHARE)
		return false;
	if (now_ms - p->checked_ms < p->check_took_ms * CHECK_SHARE)
		return true;
	changed = places_dirs_changed(&p->dirs, r->fd);
	p->checked_ms = now_ms;
	p->check_took_ms = clock_ms() - now_ms;
	return !changed;
}

/* Refused rather than cut: a command must not run while some secret may be visible. */
bool places_refresh(struct places *p, const struct root *r, uint64_t now_ms, struct err *err)
{
	struct scan s = { .p = p, .root = r, .tracked = &p->tracked };
	bool truncated = false, ok;

	if (is_fresh(p, r, now_ms))
		return true;
	buf_clear(&p->list);
	places_dirs_clear(&p->dirs);
	places_dirs_note(&p->dirs, r->fd, ".", ".");
	p->n = p->secrets = p->n_tools = p->n_bound = 0;
	p->valid = false;
	ok = walk_tree(r, "", visit, &s, &truncated, err);
	ignore_free(s.ignore);
	if (!ok)
		return false;
	if (s.too_many)
		return err_set(
			err, ERR_SANDBOX,
			"The workspace holds more than %d secret or protected files, "
			"which cannot all be hidden from a command. Start in a smaller folder, or "
			"narrow the list of denied files.",
			PLACES_MAX);
	if (truncated)
		return err_set(err, ERR_SANDBOX,
			       "The workspace has more than %d files, or paths that are too long: "
			       "too much to look for secrets. Start in a smaller folder.",
			       LIMIT_WALK_ENTRIES);
	if (p->rules_changed)
		take_back_tools(p);
	if (p->born.tv_sec == 0) {
		remember_tools(p);
		(void)clock_gettime(CLOCK_REALTIME_COARSE, &p->born);
	}
	if (!look_outside(p, r, p->write_dirs, false, err) ||
	    !look_outside(p, r, p->read_dirs, true, err))
		return false;
	p->at_ms = now_ms;
	p->took_ms = clock_ms() - now_ms;
	p->valid = true;
	return true;
}
