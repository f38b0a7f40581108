/* places_git.c - see places_own.h: credentials beside and in the configuration of a repository. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/sandbox/git_config.h"
#include "agent/sandbox/spawn.h"
#include "agent/worker/ignore/walk.h"
#include "agent/worker/view/places_own.h"

/* A git configuration is needed, and hidden only where credentials stand in it. */
static void add_config(struct scan *s, const char *rel)
{
	int fd = root_openat(s->root, rel, O_RDONLY, false);
	struct buf text;
	char piece[4096];
	ssize_t n = 0;

	if (fd < 0)
		return;
	buf_init(&text, GIT_CONFIG_BYTES);
	while (!text.full && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_append(&text, slice_make(piece, (size_t)n));
	(void)close(fd);
	if (text.full || git_config_clean(buf_slice(&text), NULL)) {
		places_add(s, PLACE_CLEAN, rel, NULL);
		s->p->secrets++;
	}
	buf_release(&text);
}

/* What git itself keeps beside its configuration: large, or without a place for credentials. */
static bool is_of_git(const char *name)
{
	static const char *const names[] = { "HEAD",	       "ORIG_HEAD", "index",
					     "packed-refs",    "shallow",   "description",
					     "COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Somebody keeps keys and tokens there: as files of their own, and in the configuration, which may include others. */
static enum walk_next visit_git(void *payload, const struct walk_entry *e)
{
	static const char *const large[] = {
		"objects", "refs", "logs", "hooks", "lfs", "rr-cache"
	};
	struct scan *s = payload;

	for (size_t i = 0; e->kind == WALK_DIR && i < ARRAY_LEN(large); i++)
		if (strcmp(e->name, large[i]) == 0)
			return WALK_SKIP;
	if (e->kind == WALK_DIR)
		return WALK_ON;
	if (strcmp(e->name, "credentials") == 0 || root_denied(s->root, slice_of(e->name)))
		places_add_hidden(s, PLACE_HIDE, e->rel);
	else if (e->kind == WALK_FILE && !is_of_git(e->name))
		add_config(s, e->rel);
	return s->too_many ? WALK_STOP : WALK_ON;
}

void places_add_git(struct scan *s, const char *git)
{
	bool truncated = false;
	struct err none;

	if (!walk_tree(s->root, git, visit_git, s, &truncated, &none))
		return; /* it cannot be read, by a command either */
}
