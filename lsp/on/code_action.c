/* code_action.c - what Emend offers for this place: from memory only, asked for at every move of
 * the cursor.
 *
 * Each action carries a command, which every editor can run. Titles are unique: some editors
 * choose by
 * title. What is false is left out: some take false for true. */
#include "agent/session/code_action.h"
#include "lsp/on/on.h"
#include "lsp/server.h"
#include "lsp/wrap/join.h"
#include "lsp/wrap/wrap.h"
#include "protocol/lsp/uri.h"

enum { MAX_FIXES = 16, TITLE_BYTES = 100 };

/* Lives for one request; all texts are in the request's arena. */
struct offer {
	struct server *s;
	struct arena *a;
	struct jw *w;
	struct json only; /* context.only; missing: everything */
	bool automatic;
	struct slice uri;
	const struct document *doc; /* NULL: not open */
	struct range range;
	const char *disabled; /* why nothing can be run; NULL: it can */
	struct slice titles[MAX_FIXES + 1];
	size_t n_titles;
};

struct action {
	struct slice title, kind;
	const char *command;
	struct range range;
	struct slice diagnostic, own; /* more arguments; may be empty */
	const char *hunk;	      /* the argument is {id}, */
	bool hunks;		      /* or {uri}: about changes that wait, not about code */
};

/* Kinds are hierarchical: "refactor" asks for "refactor.rewrite" too, "" for all
 * (LSP 3.18, "CodeActionKind"). */
static bool kind_matches(struct slice kind, struct slice asked)
{
	return asked.len == 0 ||
	       (slice_starts(kind, asked) && (kind.len == asked.len || kind.ptr[asked.len] == '.'));
}

/* Asked for by itself, an editor wants what fixes something; the rest would be a light bulb on each
 * line. */
static bool wanted(const struct offer *o, struct slice kind)
{
	struct slice asked;

	if (o->automatic && !kind_matches(kind, SLICE("quickfix")))
		return false;
	if (json_type(o->only) != JSON_ARRAY)
		return true;
	for (struct json_iter it = json_iter(o->only); json_next(&it);)
		if (json_str(it.value, o->a, &asked) && kind_matches(kind, asked))
			return true;
	return false;
}

/* The version goes along, so that the command can tell that the text is another one by now
 * (code_command.c). */
static void put_argument(struct offer *o, const struct action *action)
{
	struct jw *w = o->w;

	if (action->hunk)
		jw_kcstr(w, "id", action->hunk);
	else
		jw_kstr(w, "uri", o->uri);
	if (action->hunks)
		return;
	jw_key(w, "range");
	range_write(w, action->range);
	if (o->doc)
		jw_ki64(w, "version", o->doc->version);
	if (action->diagnostic.len)
		jw_kstr(w, "diagnostic", action->diagnostic);
	if (action->own.len)
		jw_kstr(w, "action", action->own);
}

static void put_command(struct offer *o, const struct action *action)
{
	struct jw *w = o->w;

	jw_kobject(w, "command");
	jw_kstr(w, "title", action->title);
	jw_kcstr(w, "command", action->command);
	jw_karray(w, "arguments");
	jw_object(w);
	put_argument(o, action);
	jw_end(w);
	jw_end(w);
	jw_end(w);
}

/* A hunk can be accepted without a model, so it is never disabled. */
static void put_action(struct offer *o, const struct action *action)
{
	struct client *client = &o->s->client;
	struct jw *w = o->w;

	if (!wanted(o, action->kind))
		return;
	jw_object(w);
	jw_kstr(w, "title", action->title);
	jw_kstr(w, "kind", action->kind);
	put_command(o, action);
	if (client->llm_tag && !action->hunks) {
		jw_karray(w, "tags");
		jw_i64(w, 1);
		jw_end(w);
	}
	if (o->disabled && client->disabled && !action->hunks) {
		jw_kobject(w, "disabled");
		jw_kcstr(w, "reason", o->disabled);
		jw_end(w);
	}
	jw_end(w);
}

/* --- one for each diagnostic --- */

static bool title_taken(const struct offer *o, struct slice title)
{
	for (size_t i = 0; i < o->n_titles; i++)
		if (slice_eq(title, o->titles[i]))
			return true;
	return false;
}

static struct slice message_of(const struct offer *o, struct json diagnostic)
{
	struct json message = json_get(diagnostic, "message");
	struct slice text;

	if (json_type(message) == JSON_OBJECT) /* MarkupContent */
		message = json_get(message, "value");
	return json_str(message, o->a, &text) ? slice_trim(text) : slice_of("");
}

/* Two diagnostics may have the same first line: the number of the line tells them apart. */
static void put_fix(struct offer *o, struct json diagnostic)
{
	struct action fix = { .kind = SLICE("quickfix"),
			      .command = "emend.fix",
			      .range = o->range };
	struct slice message = message_of(o, diagnostic), rest = message, line = slice_of("");
	unsigned number;

	(void)slice_next_line(&rest, &line);
	line = shown_text(o->a, &o->s->client, line, TITLE_BYTES);
	if (line.len == 0 || o->n_titles == MAX_FIXES)
		return;
	if (!range_read(json_get(diagnostic, "range"), &fix.range))
		fix.range = o->range;
	number = fix.range.start.line + 1;
	fix.diagnostic =
		arena_printf(o->a, "%u: %.*s", number, SLICE_ARG(slice_sub(message, 0, 2000)));
	fix.title = arena_printf(o->a, "Emend: Fix \"%.*s\"", SLICE_ARG(line));
	if (title_taken(o, fix.title))
		fix.title = arena_printf(o->a, "%.*s (line %u)", SLICE_ARG(fix.title), number);
	if (title_taken(o, fix.title))
		return;
	o->titles[o->n_titles++] = fix.title;
	put_action(o, &fix);
}

/* --- the changes that wait for the user's word, where the cursor is in one --- */

/* The first that the selection touches. */
static const struct hunk *hunk_here(struct offer *o, struct hunk_file *f, struct document *doc)
{
	for (size_t i = 0; f && i < f->list.n; i++) {
		struct range r = pending_range(&o->s->pending, doc, &f->list.items[i]);

		/* What was removed shows at the line that followed. */
		if (r.end.line == r.start.line)
			r.end.line++;
		if (o->range.start.line < r.end.line && o->range.end.line >= r.start.line)
			return &f->list.items[i];
	}
	return NULL;
}

static void put_hunks(struct offer *o)
{
	struct document *doc = documents_find(&o->s->documents, o->uri);
	struct hunk_file *f = pending_file(&o->s->pending, doc);
	const struct hunk *h = hunk_here(o, f, doc);
	struct action action = { .kind = SLICE("emend.hunk"), .hunks = true };

	if (!h)
		return;
	action.hunk = h->id;
	action.title = SLICE("Emend: Accept this change");
	action.command = "emend.acceptHunk";
	put_action(o, &action);
	action.title = SLICE("Emend: Reject this change");
	action.command = "emend.rejectHunk";
	put_action(o, &action);
	action.hunk = NULL;
	action.title = SLICE("Emend: Accept all changes in this file");
	action.command = "emend.acceptAll";
	put_action(o, &action);
	action.title = SLICE("Emend: Reject all changes in this file");
	action.command = "emend.rejectAll";
	put_action(o, &action);
}

/* --- the whole list --- */

/* Of two with the same title only the first is offered: editors choose by title. */
static void put_own(struct offer *o)
{
	struct shared_config *shared = settings_config(&o->s->settings);

	for (size_t i = 0; shared && i < shared->config.n_actions; i++) {
		const struct config_action *own = &shared->config.actions[i];
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again = again || slice_eq(own->title, shared->config.actions[k].title);
		if (!again)
			put_action(o, &(struct action){ .title = own->title,
							.kind = own->kind,
							.command = "emend.action",
							.range = o->range,
							.own = own->title });
	}
	shared_config_unref(shared);
}

/* Fixes first: editors list the actions in our order. */
static void put_all(struct offer *o, struct json context)
{
	size_t n;
	const struct code_action *actions = code_actions(&n);

	for (struct json_iter it = json_iter(json_get(context, "diagnostics")); json_next(&it);)
		put_fix(o, it.value);
	put_hunks(o);
	for (size_t i = 0; i < n; i++) {
		if (actions[i].title)
			put_action(o, &(struct action){ .title = slice_of(actions[i].title),
							.kind = slice_of(actions[i].kind),
							.command = actions[i].command,
							.range = o->range });
	}
	put_own(o);
}

/* Said with the offer, as the reason why it is grey, and not only when it is chosen. */
static const char *why_disabled(struct settings *settings)
{
	if (settings->no_model)
		return settings->no_model;
	return settings->why.code != ERR_NONE ? settings->why.msg : NULL;
}

static void put_offers(struct server *s, struct rpc_request *req, struct jw *w)
{
	struct json context = json_get(req->params, "context");
	struct offer o = { .s = s, .a = &req->arena, .w = w, .only = json_get(context, "only") };

	o.uri = json_str_or(json_get(json_get(req->params, "textDocument"), "uri"), &req->arena,
			    "");
	if (!range_read(json_get(req->params, "range"), &o.range))
		return;
	o.automatic = json_i64_or(json_get(context, "triggerKind"), 0) == LSP_TRIGGER_AUTOMATIC;
	o.doc = documents_find(&s->documents, o.uri);
	o.disabled = why_disabled(&s->settings);
	if (slice_eq(uri_scheme(o.uri), SLICE("file"))) /* what has no path cannot be worked on */
		put_all(&o, context);
}

/* In front of another server its actions come first, and ours are added (join.h). */
void on_code_action(struct server *s, struct rpc_request *req)
{
	struct slice uri;
	struct range range;

	if (json_str(json_get(json_get(req->params, "textDocument"), "uri"), &req->arena, &uri) &&
	    range_read(json_get(req->params, "range"), &range))
		join_reply(s, req, WRAP_CODE_ACTION, put_offers);
	else
		conn_reply_error(req, RPC_INVALID_PARAMS,
				 "textDocument/codeAction needs textDocument.uri and range.");
}

/* Nothing is ever resolved here, but some editors ask for every action that was picked, whoever
 * made it, and drop it if the answer is an error: it goes back as it came. */
void on_code_action_resolve(struct server *s, struct rpc_request *req)
{
	(void)s;
	conn_reply_result(req, json_raw(req->params));
}
