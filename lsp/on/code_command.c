/* code_command.c - the commands about a piece of code: {uri, range?, version?, instruction?,
 * diagnostic?, diagnostics?, action?}. */
#include "lsp/commands.h"

#include "agent/session/code_action.h"
#include "lsp/editor/language.h"
#include "lsp/server.h"
#include "lsp/wrap/wrap.h"
#include "protocol/lsp/uri.h"

/* Without a selection the model is shown what stands around the cursor, in lines each way. */
enum { AROUND_CURSOR = 60, AROUND_DIAGNOSTIC = 20 };

enum { MAX_DIAGNOSTICS = 50, MESSAGE_BYTES = 2000 };

static void fail(struct rpc_request *req, const struct err *err)
{
	/* Not "content modified": editors drop that without a word. */
	conn_reply_error(req, err->code == ERR_INVALID ? RPC_INVALID_PARAMS : RPC_REQUEST_FAILED,
			 "%s", err->msg);
}

/* Whole lines, so that the model sees complete ones. */
static void set_lines(struct document *doc, struct task_spec *spec, size_t around)
{
	size_t first = text_line_at(&doc->text, spec->start),
	       last = text_line_at(&doc->text, spec->end), end;

	first = first > around ? first - around : 0;
	last = last + around < text_lines(&doc->text) ? last + around : text_lines(&doc->text) - 1;
	(void)text_line(&doc->text, first, &spec->start, &end);
	if (last + 1 == text_lines(&doc->text) ||
	    !text_line(&doc->text, last + 1, &spec->end, &end))
		spec->end = doc->text.len;
	spec->has_range = spec->start > 0 || spec->end < doc->text.len;
}

/* The action that is offered for each diagnostic, and so is about them. */
static bool is_fix(const struct task_spec *spec)
{
	return spec->action && !spec->action->title;
}

/* The bytes that are meant, of the text as it is now.
 * A range of an older version would name other lines, so the user chooses again. */
static bool place(struct server *s, struct document *doc, struct json arg, struct task_spec *spec,
		  struct err *err)
{
	int64_t version = json_i64_or(json_get(arg, "version"), doc->version);
	struct range range;

	if (version != doc->version)
		return err_set(
			err, ERR_STALE,
			"The text has changed since this action was offered: choose it again.");
	if (!json_present(json_get(arg, "range")))
		return true;
	if (!range_read(json_get(arg, "range"), &range))
		return err_set(err, ERR_INVALID,
			       "The argument \"range\" is not a range of two positions.");
	spec->start = document_offset(doc, s->client.encoding, range.start);
	spec->end = document_offset(doc, s->client.encoding, range.end);
	spec->has_range = true;
	spec->around = true;
	if (is_fix(spec) && spec->diagnostics.len) {
		set_lines(doc, spec, AROUND_DIAGNOSTIC);
	} else if (spec->start == spec->end) {
		set_lines(doc, spec, AROUND_CURSOR);
		spec->cursor_line = range.start.line + 1;
	} else {
		spec->around = false;
	}
	return true;
}

/* "LINE: message" of each; `where`, if not NULL: of those on its lines.
 * Lines are counted from 1 here, as people and models do. */
static struct slice diagnostics_of(struct arena *a, struct json list, const struct range *where)
{
	struct slice message, out = SLICE("");
	struct range range;
	size_t n = 0;

	for (struct json_iter it = json_iter(list); json_next(&it) && n < MAX_DIAGNOSTICS;) {
		if (!range_read(json_get(it.value, "range"), &range) ||
		    !json_str(json_get(it.value, "message"), a, &message))
			continue;
		if (where &&
		    (range.start.line > where->end.line || range.end.line < where->start.line))
			continue;
		out = arena_printf(a, "%.*s%s%u: %.*s", SLICE_ARG(out), n ? "\n" : "",
				   range.start.line + 1,
				   SLICE_ARG(slice_sub(slice_trim(message), 0, MESSAGE_BYTES)));
		n++;
	}
	return out;
}

/* Those that the server behind ours has published, where the editor passed none. */
static struct slice noted_here(struct server *s, struct arena *a, struct slice uri,
			       struct json range)
{
	const struct noted_file *f = noted_find(wrap_noted(s->wrap), uri);
	struct range where;
	struct json list;

	if (!f || !json_parse(a, arena_dup(a, slice_of(f->diagnostics)), &list, NULL))
		return SLICE("");
	return diagnostics_of(a, list, range_read(range, &where) ? &where : NULL);
}

/* A document that is not open is read from its file by the task itself. */
static bool read_spec(struct server *s, struct rpc_request *req, struct json arg,
		      struct task_spec *spec, struct err *err)
{
	struct arena *a = &req->arena;
	struct document *doc;
	struct slice uri, path;

	if (!json_str(json_get(arg, "uri"), a, &uri))
		return err_set(
			err, ERR_INVALID,
			"The command needs one argument: {uri, range, version?, instruction?}.");
	if (!uri_to_path(uri, a, &path))
		return err_set(err, ERR_INVALID, "This text is in no file yet: save it first.");
	doc = documents_find(&s->documents, uri);
	folders_place(&s->folders, a, path, &spec->workspace, &spec->path);
	spec->language = slice_of(doc ? doc->language : language_of_path(path));
	spec->instruction = json_str_or(json_get(arg, "instruction"), a, "");
	spec->diagnostics = json_str_or(json_get(arg, "diagnostic"), a, "");
	if (spec->diagnostics.len == 0)
		spec->diagnostics = diagnostics_of(a, json_get(arg, "diagnostics"), NULL);
	if (is_fix(spec) && spec->diagnostics.len == 0 && s->wrap)
		spec->diagnostics = noted_here(s, a, uri, json_get(arg, "range"));
	if (is_fix(spec) && spec->diagnostics.len + spec->instruction.len == 0)
		return err_set(err, ERR_INVALID,
			       "The editor shows no problem here: choose lines that have one, or "
			       "say in words what is wrong.");
	return !doc || place(s, doc, arg, spec, err);
}

/* What the user asked for, in words: the title of the progress and of the last line.
 * Titles name the thing that is worked on: several tasks may run, and each has a line. */
static struct slice title_of(struct server *s, struct arena *a, const struct task_spec *spec,
			     struct slice action)
{
	struct slice rest = spec->diagnostics, line = slice_of(""), name = spec->path;
	size_t slash = name.len;

	if (!spec->action)
		return action;
	(void)slice_next_line(&rest, &line);
	if (is_fix(spec) && line.len)
		return shown_text(a, &s->client, arena_printf(a, "Fix line %.*s", SLICE_ARG(line)),
				  100);
	while (slash > 0 && name.ptr[slash - 1] != '/')
		slash--;
	return arena_printf(a, "%s %.*s", spec->action->verb,
			    SLICE_ARG(slice_sub(name, slash, name.len)));
}

/* `err` says why nothing was started, whichever of the two steps failed. */
void command_code(struct server *s, struct rpc_request *req, struct json arg, struct json token,
		  const struct code_action *what)
{
	struct task_spec spec = { .action = what };
	struct slice action = json_str_or(json_get(arg, "action"), &req->arena, "");
	struct tracked *t = NULL;
	struct err err;
	struct jw *w;

	if (read_spec(s, req, arg, &spec, &err)) {
		spec.title = title_of(s, &req->arena, &spec, action);
		t = tasks_start(s, &spec, action, &err);
	}
	if (!t) {
		fail(req, &err);
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	jw_kcstr(w, "taskId", t->id);
	jw_end(w);
	conn_result_end(req);
	tasks_show(t, token);
}

void command_action(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	command_code(s, req, arg, token, NULL);
}
