/* command_text.c - a command that was parsed, as people and the model are told of it: in one line, cut where it
 * is long. See commands.h */
#include "agent/policy/commands.h"

enum { TEXT_BYTES = 160 };

/* A file is as much of what it does as its words: `echo x` alone would be another command. */
static struct slice with_files(const struct shell_cmd *c, struct arena *a, struct slice out)
{
	for (const struct shell_redir *r = c->redirs; r; r = r->next) {
		if ((r->kind != REDIR_READ && r->kind != REDIR_WRITE) ||
		    slice_starts(r->target.text, SLICE("/dev/")))
			continue;
		if (out.len + r->target.text.len > TEXT_BYTES)
			return arena_printf(a, "%.*s ...", SLICE_ARG(out));
		out = arena_printf(a, "%.*s%s%s %.*s", SLICE_ARG(out), out.len ? " " : "",
				   r->kind == REDIR_READ ? "<" : ">", SLICE_ARG(r->target.text));
	}
	return out;
}

struct slice policy_command_text(const struct shell_cmd *c, struct arena *a)
{
	struct slice out = SLICE("");

	for (size_t i = 0; i < c->n_assigns + c->n_words; i++) {
		const struct shell_word *w =
			i < c->n_assigns ? &c->assigns[i] : &c->words[i - c->n_assigns];

		if (out.len + w->text.len > TEXT_BYTES)
			return arena_printf(a, "%.*s ...", SLICE_ARG(out));
		out = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(out), i ? " " : "",
				   SLICE_ARG(w->text));
	}
	return with_files(c, a, out);
}
