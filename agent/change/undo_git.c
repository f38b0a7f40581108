/* undo_git.c - see undo_git.h. Which of git's files a path is, is decided in base/git_path.h; here is only
 * what follows for an undo. */
#include "agent/change/undo_git.h"

#include "agent/base/git_path.h"
#include "protocol/base/limits.h"

/* Names in the report's one line. */
enum { NAMED = 6 };

void undo_git_init(struct undo_git *g)
{
	*g = (struct undo_git){ .went = 0 };
	arena_init(&g->arena);
	buf_init(&g->names, LIMIT_RESULT_BYTES);
}

void undo_git_release(struct undo_git *g)
{
	arena_release(&g->arena);
	buf_release(&g->names);
}

bool undo_git_is(struct slice path)
{
	return git_path_of(path).kind != GIT_NONE;
}

bool undo_git_decides(struct slice path)
{
	enum git_kind kind = git_path_of(path).kind;

	return kind == GIT_REF || kind == GIT_HEAD;
}

static struct slice repository_of(struct slice path)
{
	return slice_sub(path, 0, git_path_of(path).repository);
}

/* "refs/heads/main"; of another repository than the workspace's the whole path. */
static struct slice name_of(struct slice path)
{
	return slice_starts(path, SLICE(".git/")) ? slice_sub(path, 5, path.len) : path;
}

static struct undo_git_block *find(const struct undo_git *g, struct slice path)
{
	for (size_t i = 0; i < g->n_blocks; i++)
		if (slice_eq(g->blocks[i].repository, repository_of(path)))
			return &g->blocks[i];
	return NULL;
}

void undo_git_block(struct undo_git *g, struct slice path)
{
	if (find(g, path))
		return;
	if (g->n_blocks == g->cap) {
		struct undo_git_block *more = arena_array(&g->arena, g->cap * 2 + 4, sizeof(*more));

		if (g->n_blocks > 0)
			memcpy(more, g->blocks, g->n_blocks * sizeof(*more));
		g->blocks = more;
		g->cap = g->cap * 2 + 4;
	}
	path = arena_dup(&g->arena, path);
	g->blocks[g->n_blocks++] = (struct undo_git_block){ repository_of(path), path, false };
}

bool undo_git_blocked(const struct undo_git *g, struct slice path, struct err *err)
{
	const struct undo_git_block *b = undo_git_is(path) ? find(g, path) : NULL;

	if (!b)
		return false;
	(void)err_set(err, ERR_STALE, "%.*s was changed since", SLICE_ARG(name_of(b->path)));
	return true;
}

bool undo_git_went(struct undo_git *g, struct slice path)
{
	if (g->went++ < NAMED)
		buf_printf(&g->names, "%s%.*s", g->names.len ? ", " : "", SLICE_ARG(name_of(path)));
	return g->went == 1;
}

bool undo_git_refused(struct undo_git *g, struct slice path, bool redo, struct buf *report,
		      bool *told)
{
	struct undo_git_block *b = find(g, path);

	/* A log or a message that git has written anew since is nobody's loss. */
	*told = b ? !b->told : git_path_of(path).kind == GIT_INDEX;
	if (b && !b->told)
		buf_printf(
			report,
			"%s: %.*s: %.*s was changed since, so branches, HEAD and the index stay as "
			"they are (git's own commands can move them)\n",
			redo ? "not made again" : "not undone", SLICE_ARG(b->repository),
			SLICE_ARG(name_of(b->path)));
	if (b)
		b->told = true;
	return !b && *told;
}

void undo_git_report(const struct undo_git *g, bool redo, bool preview, struct buf *report)
{
	if (g->went == 0)
		return;
	buf_printf(report, "git: %s %.*s",
		   preview ? "to be restored:"
		   : redo  ? "made again:"
			   : "restored",
		   SLICE_ARG(buf_slice(&g->names)));
	if (g->went > NAMED)
		buf_printf(report, " and %zu more", g->went - NAMED);
	buf_puts(report, "\n");
}
