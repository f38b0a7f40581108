/* answer.c - see answer.h
 *
 *   the schema is read before anything starts --> the model hears of it with its task --> its last words are taken, or
 *   it is told once what is wrong with them --> the value is printed, or the task has failed */
#include "agent/cli/task/answer.h"

#include <errno.h>
#include <stdio.h>

#include "agent/cli/json_line.h"
#include "protocol/json/schema.h"

enum { SCHEMA_BYTES = 64 * 1024 };

static bool read_file(struct cli *c, const char *path, struct slice *out, struct err *err)
{
	FILE *file = fopen(path, "re");
	struct buf b;
	char some[4096];
	size_t n;
	bool ok;

	if (!file)
		return err_set(err, ERR_USAGE, "--output-schema: cannot read %s: %s.", path,
			       strerror(errno));
	buf_init(&b, SCHEMA_BYTES);
	while ((n = fread(some, 1, sizeof(some), file)) > 0 && !b.full)
		buf_append(&b, slice_make(some, n));
	ok = !ferror(file) && !b.full;
	if (!ok)
		(void)err_set(err, ERR_USAGE, "--output-schema: %s %s.", path,
			      b.full ? "is larger than 64 KiB" : "cannot be read");
	*out = arena_dup(&c->arena, buf_slice(&b));
	buf_release(&b);
	(void)fclose(file);
	return ok;
}

bool answer_init(struct answer *w, struct cli *c, struct err *err)
{
	const char *path = c->args.output_schema;
	struct err why = { 0 };

	*w = (struct answer){ .wanted = cli_given(c, OPT_OUTPUT_SCHEMA) };
	if (!w->wanted)
		return true;
	if (!read_file(c, path, &w->text, err))
		return false;
	if (!json_parse(&c->arena, w->text, &w->schema, &why) || !schema_check(w->schema, &why))
		return err_set(err, ERR_USAGE, "--output-schema: %s: %s.", path, why.msg);
	return true;
}

struct slice answer_words(const struct answer *w, struct arena *a)
{
	if (!w->wanted)
		return SLICE("");
	return arena_printf(
		a,
		"A program reads your last answer. It must be one JSON value and nothing "
		"else, without words around it, that holds to this JSON Schema:\n"
		"<schema>\n%.*s\n</schema>",
		SLICE_ARG(slice_trim(w->text)));
}

/* ```json ... ```. Models put JSON into a fence by habit; that costs no further try. */
static struct slice without_fence(struct slice said)
{
	struct slice first, rest = slice_trim(said), body;

	if (!slice_starts(rest, SLICE("```")) || !slice_ends(rest, SLICE("```")) || rest.len < 7)
		return rest;
	body = slice_sub(rest, 0, rest.len - 3);
	(void)slice_next_line(&body, &first);
	return slice_trim(body);
}

bool answer_take(struct answer *w, struct arena *a, struct slice said, struct err *err)
{
	struct slice text = arena_dup(a, without_fence(said));
	struct err why = { 0 };
	struct json value;

	if (json_parse(a, text, &value, &why) && schema_holds(w->schema, value, &why)) {
		w->json = text;
		return true;
	}
	w->wrong++;
	return err_set(err, ERR_INVALID, "%s", why.msg);
}

struct slice answer_again(struct arena *a, const struct err *why)
{
	return arena_printf(
		a,
		"Your last answer is not JSON that holds to the schema: %s. Give it again: "
		"one JSON value that does, and nothing else.",
		why->msg);
}

void answer_put(const struct answer *w, struct cli *c)
{
	struct json_line l;

	if (!cli_given(c, OPT_JSON)) {
		term_raw(&c->out, w->json);
		term_raw(&c->out, SLICE("\n"));
		return;
	}
	jw_kraw(json_line_begin(&l, "output"), "value", w->json);
	json_line_end(&l, &c->out);
}
