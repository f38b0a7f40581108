/* client_held.c - see runner.h: what became of protected files, and what commands do not see, read and told. */
#include "agent/runner/client.h"
#include "protocol/base/arena.h"
#include "protocol/base/buf.h"

/* What a model and a person read of it; the full list stays in the result. */
enum { TEXT_LINES = 40, TEXT_BYTES = 16 * 1024, HIDDEN_NAMED = 5 };

void client_read_held(struct json held, struct arena *a, struct held_result *out)
{
	static const char *const deeds[] = { "moved", "removed", "left" };
	struct json list = json_get(held, "files");
	struct held_file *files = arena_array(a, json_len(list) + 1, sizeof(*files));

	*out = (struct held_result){ .folder = json_str_or(json_get(held, "folder"), a, ""),
				     .files = files,
				     .more = (size_t)json_i64_or(json_get(held, "more"), 0) };
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct held_file *f = &files[out->n++];

		*f = (struct held_file){ .path = json_str_or(json_get(it.value, "path"), a, ""),
					 .deed = HELD_LEFT,
					 .reason =
						 json_str_or(json_get(it.value, "reason"), a, "") };
		for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
			if (json_is(json_get(it.value, "deed"), deeds[i]))
				f->deed = (enum held_deed)i;
		}
	}
}

struct slice held_text(const struct held_result *h, struct arena *a)
{
	static const char *const deeds[] = { "moved away", "removed", "STILL THERE, look at it" };
	size_t shown = h->n < TEXT_LINES ? h->n : TEXT_LINES;
	struct slice text;
	struct buf b;

	if (h->n == 0)
		return SLICE("");
	buf_init(&b, TEXT_BYTES);
	for (size_t i = 0; i < shown; i++)
		buf_printf(&b, "  %.*s: %s: %.*s\n",
			   SLICE_ARG(h->files[i].path.len ? h->files[i].path : SLICE("workspace")),
			   deeds[h->files[i].deed], SLICE_ARG(h->files[i].reason));
	if (h->n + h->more > shown)
		buf_printf(&b, "  and %zu more\n", h->n + h->more - shown);
	if (h->folder.len > 0)
		buf_printf(&b, "  What was moved away lies in %.*s\n", SLICE_ARG(h->folder));
	text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return text;
}

struct slice hidden_text(const struct command_result *c, struct arena *a)
{
	struct slice all = SLICE("");

	if (c->n_hidden == 0)
		return all;
	for (size_t i = 0; i < c->n_hidden && i < HIDDEN_NAMED; i++)
		all = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(all), i ? ", " : "",
				   SLICE_ARG(c->hidden[i]));
	return arena_printf(a,
			    "Hidden from commands (names of secrets): %.*s%s. The user can show "
			    "one: \"denyFiles\": [\"!NAME\"].\n",
			    SLICE_ARG(all), c->n_hidden > HIDDEN_NAMED ? ", ..." : "");
}
