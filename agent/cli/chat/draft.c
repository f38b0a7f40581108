/* draft.c - Ctrl-G in a chat: what is typed so far, in the person's editor; what is saved there is what stands in the box
 * then. The file lies in the state folder, which nobody else can read, and is gone when its text is taken. */
#include "agent/cli/chat/lend.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/store_path.h"
#include "protocol/base/limits.h"

/* As git does it, the variable is words of the shell: "code --wait" is an editor. */
static const char by_shell[] = "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"";

/* An editor that failed (`:cq` of vi) says that what was typed is to stay. What was written and is not taken is
 * somebody's work all the same: the file stays then, too. */
static void ended(struct chat *c, int64_t status)
{
	struct arena *a = &c->cli->arena;
	struct err err = { 0 };
	struct slice text;
	bool read = read_whole(slice_of(c->draft), LIMIT_SELECTION_BYTES, a, &text, &err);
	bool keep = !read || !slice_eq(text, buf_slice(&c->typed.line.text));

	if (read && status == 0) {
		while (slice_ends(text, SLICE("\n"))) /* an editor ends the last line */
			text.len--;
		line_set(&c->typed.line, text);
		keep = false;
	} else if (status != 0) {
		chat_note(c, arena_printf(a,
					  "Status %d of the editor (VISUAL, else EDITOR, else vi): "
					  "what was typed stays.",
					  (int)status));
	} else {
		chat_note(c, arena_printf(a, "What was typed stays: %s", err.msg));
	}
	if (keep)
		chat_note(c, arena_printf(a, "What you wrote lies in %s", c->draft));
	else
		(void)unlink(c->draft);
	chat_goto(c, CHAT_READING);
}

void draft_edit(struct chat *c)
{
	struct arena *a = &c->cli->arena;
	struct lend l = { .out = -1, .ended = ended };
	char *path =
		arena_cstr(a, arena_printf(a, "%.*s/draft-XXXXXX.md", SLICE_ARG(c->place.state)));
	int fd = mkostemps(path, 3, O_CLOEXEC);
	bool ok = fd >= 0 && write_all(fd, buf_slice(&c->typed.line.text));

	if (!ok)
		chat_note(c, arena_printf(a, "No file for the editor can be made in %.*s: %s.",
					  SLICE_ARG(c->place.state), strerror(errno)));
	if (fd >= 0)
		(void)close(fd);
	if (!ok) {
		if (fd >= 0)
			(void)unlink(path);
		return;
	}
	c->draft = path;
	lend_word(&l, "/bin/sh");
	lend_word(&l, "-c");
	lend_word(&l, by_shell);
	lend_word(&l, "sh");
	lend_word(&l, path);
	lend_start(c, &l);
}
