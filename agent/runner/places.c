/* places.c - see places.h */
#include "agent/runner/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "agent/runner/spawn.h"
#include "agent/runner/walk.h"

enum { PLACES_MAX = 2000, PLACES_BYTES = 4 * 1024 * 1024, COST_SHARE = 50 };

/* Names that make an editor or a tool execute something later. */
static const char *const executed_later[] = {
	".vscode", ".idea",   ".zed",		".devcontainer", ".nvim.lua", ".exrc",
	".vimrc",  ".envrc",  ".dir-locals.el", ".husky",	 ".claude",   ".codex",
	".cursor", ".gemini", ".mcp.json",	".emend",
};

static const char *const in_git[] = { "config", "config.worktree", "hooks", "info/attributes",
				      "commondir" };

struct scan {
	struct places *p;
	const struct root *root;
	bool too_many;
};

static void add(struct scan *s, char kind, const char *rel, const char *tail)
{
	struct places *p = s->p;

	if (p->n >= PLACES_MAX) {
		s->too_many = true;
		return;
	}
	buf_putc(&p->list, kind);
	buf_puts(&p->list, rel);
	if (tail) {
		buf_putc(&p->list, '/');
		buf_puts(&p->list, tail);
	}
	buf_putc(&p->list, 0);
	p->n++;
	s->too_many = p->list.full;
}

static bool pinned(const struct places *p, const char *rel, size_t len)
{
	const char *at = buf_slice(&p->list).ptr;

	for (uint32_t i = 0; i < p->n; i++, at += strlen(at) + 1) {
		if (*at == PLACE_PIN && strncmp(at + 1, rel, len) == 0 && !at[1 + len])
			return true;
	}
	return false;
}

/* What is mounted cannot be renamed, but the folders above it can: then another would stand in the
 * place of the protected one. */
static void add_protected(struct scan *s, char kind, const char *rel)
{
	char parent[LIMIT_PATH_BYTES];

	for (const char *slash = strchr(rel, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - rel), rel);
		if (!pinned(s->p, parent, strlen(parent)))
			add(s, PLACE_PIN, parent, NULL);
	}
	add(s, kind, rel, NULL);
}

static enum walk_next visit(void *payload, const struct walk_entry *e)
{
	struct scan *s = payload;

	if (strcasecmp(e->name, ".git") == 0) {
		add_protected(s, e->kind == WALK_DIR ? PLACE_PIN : PLACE_READ_ONLY, e->rel);
		for (size_t i = 0; e->kind == WALK_DIR && i < ARRAY_LEN(in_git); i++)
			add(s, PLACE_READ_ONLY, e->rel, in_git[i]);
		return s->too_many ? WALK_STOP : WALK_SKIP;
	}
	if (root_denied(s->root, slice_of(e->rel))) {
		add(s, PLACE_MASK, e->rel, NULL);
		s->p->secrets++;
		return s->too_many ? WALK_STOP : WALK_SKIP;
	}
	for (size_t i = 0; i < ARRAY_LEN(executed_later); i++) {
		if (strcmp(e->name, executed_later[i]) == 0)
			add_protected(s, PLACE_READ_ONLY, e->rel);
	}
	if (s->too_many)
		return WALK_STOP;
	return strcmp(e->name, "node_modules") == 0 || strcmp(e->name, "site-packages") == 0
		       ? WALK_SKIP
		       : WALK_ON;
}

void places_init(struct places *p)
{
	*p = (struct places){ .n = 0 };
	buf_init(&p->list, PLACES_BYTES);
}

void places_release(struct places *p)
{
	buf_release(&p->list);
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

bool places_refresh(struct places *p, const struct root *r, uint64_t now_ms, struct err *err)
{
	struct scan s = { .p = p, .root = r };
	bool truncated = false;

	if (p->valid && now_ms - p->at_ms < p->took_ms * COST_SHARE)
		return true;
	buf_clear(&p->list);
	p->n = p->secrets = 0;
	p->valid = false;
	if (!walk_tree(r, "", visit, &s, &truncated, err))
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
			       "The workspace has more than %d files, too many to look for "
			       "secrets. Start in a smaller folder.",
			       LIMIT_WALK_ENTRIES);
	p->at_ms = now_ms;
	p->took_ms = clock_ms() - now_ms;
	p->valid = true;
	return true;
}
