/* initialize.c - what this server is, said once: little, and only what is true for this client.
 *
 * In front of another server (--wrap) the editor must see both as one. So its answer comes first, and ours is
 * merged into it: what only it knows passes as it came; of what both need the stricter or the wider holds. */
#include "lsp/commands.h"
#include "lsp/on/on.h"
#include "lsp/server.h"
#include "lsp/wrap/wrap.h"
#include "protocol/base/version.h"

static bool has_text(struct json list, const char *text)
{
	for (struct json_iter it = json_iter(list); json_next(&it);)
		if (json_is(it.value, text))
			return true;
	return false;
}

/* The strings of both, theirs first. */
static void put_strings(struct jw *w, const char *key, struct json theirs, const char *const *list,
			size_t n)
{
	jw_karray(w, key);
	if (json_type(theirs) == JSON_ARRAY)
		for (struct json_iter it = json_iter(theirs); json_next(&it);)
			jw_raw(w, json_raw(it.value));
	for (size_t i = 0; i < n; i++)
		if (!has_text(theirs, list[i]))
			jw_cstr(w, list[i]);
	jw_end(w);
}

/* The members of an object, without those that are named in `but`.
 * Members that we do not know of pass as they came, so a newer server loses nothing by us. */
static void put_rest(struct jw *w, struct json theirs, const char *const *but, size_t n)
{
	if (json_type(theirs) != JSON_OBJECT)
		return;
	for (struct json_iter it = json_iter(theirs); json_next(&it);) {
		struct slice key = json_raw(it.key);
		bool left_out = false;

		for (size_t i = 0; i < n; i++)
			left_out = left_out || json_is(it.key, but[i]);
		if (left_out)
			continue;
		jw_key_slice(
			w, slice_sub(key, 1, key.len - 1)); /* names of capabilities: no escapes */
		jw_raw(w, json_raw(it.value));
	}
}

/* We need each text as it is. What the other does not want to hear it is not told: see wrap.c.
 * A server that takes whole texts only must get whole texts, so the editor sends them to both. */
static void put_sync(struct jw *w, struct json theirs)
{
	static const char *const ours[] = { "openClose", "change" };
	bool number = json_type(theirs) == JSON_NUMBER;
	int64_t change = json_i64_or(number ? theirs : json_get(theirs, "change"), LSP_SYNC_NONE);

	jw_kobject(w, "textDocumentSync");
	jw_kbool(w, "openClose", true);
	jw_ki64(w, "change", change == LSP_SYNC_FULL ? change : LSP_SYNC_INCREMENTAL);
	put_rest(w, theirs, ours, ARRAY_LEN(ours));
	if (number) { /* this old form means that it hears of saves */
		jw_kobject(w, "save");
		jw_end(w);
	}
	jw_end(w);
}

/* All of them: see on_notebook_changed(). */
static void put_notebooks(struct jw *w)
{
	jw_kobject(w, "notebookDocumentSync");
	jw_karray(w, "notebookSelector");
	jw_object(w);
	jw_kcstr(w, "notebook", "*");
	jw_end(w);
	jw_end(w);
	jw_kbool(w, "save", true);
	jw_end(w);
}

/* Kinds that we do not know of may not be left out: an editor asks only for those that are
 * announced. */
static void put_actions(struct jw *w, struct json theirs, struct json their_commands)
{
	static const char *const kinds[] = { "quickfix", "refactor", "refactor.rewrite", "emend" };
	static const char *const ours[] = { "codeActionKinds" }, *const commands[] = { "commands" };
	bool any = json_type(theirs) == JSON_OBJECT || json_bool_or(theirs, false);
	struct json theirs_kinds = json_get(theirs, ours[0]);

	/* No resolveProvider: every action is whole, and editors are spared a round trip. */
	jw_kobject(w, "codeActionProvider");
	if (!any || json_present(theirs_kinds)) /* else it may have others, which nobody names */
		put_strings(w, ours[0], theirs_kinds, kinds, ARRAY_LEN(kinds));
	put_rest(w, theirs, ours, 1);
	jw_end(w);

	jw_kobject(w, "executeCommandProvider");
	jw_karray(w, commands[0]);
	for (struct json_iter it = json_iter(json_get(their_commands, commands[0]));
	     json_next(&it);)
		jw_raw(w, json_raw(it.value));
	for (size_t i = 0; commands_name(i); i++)
		jw_cstr(w, commands_name(i));
	jw_end(w);
	put_rest(w, their_commands, commands, 1);
	jw_end(w);
}

/* Whatever the other server says of folders: we need to hear of them. */
static void put_workspace(struct jw *w, const struct client *client, struct json theirs)
{
	static const char *const schemes[] = { "emend" };
	static const char *const ours[] = { "workspaceFolders", "textDocumentContent" };
	struct json content = json_get(theirs, ours[1]);

	jw_kobject(w, "workspace");
	jw_kobject(w, ours[0]);
	jw_kbool(w, "supported", true);
	jw_kbool(w, "changeNotifications", true);
	jw_end(w);
	if (client->virtual_documents) {
		jw_kobject(w, ours[1]);
		put_strings(w, "schemes", json_get(content, "schemes"), schemes,
			    ARRAY_LEN(schemes));
		jw_end(w);
	}
	put_rest(w, theirs, ours, ARRAY_LEN(ours));
	jw_end(w);
}

/* Lenses of the other server keep its own options; without one ours are announced only where the
 * editor draws them. */
static void put_capabilities(struct jw *w, const struct client *client, struct json theirs)
{
	static const char *const ours[] = { "textDocumentSync", "codeActionProvider",
					    "executeCommandProvider", "codeLensProvider",
					    "workspace" };
	struct json lens = json_get(theirs, ours[3]);

	jw_kobject(w, "capabilities");
	put_rest(w, theirs, ours, ARRAY_LEN(ours));
	if (client->announce_encoding && !json_present(theirs))
		jw_kcstr(w, "positionEncoding", position_encoding_name(client->encoding));
	put_sync(w, json_get(theirs, ours[0]));
	put_actions(w, json_get(theirs, ours[1]), json_get(theirs, ours[2]));
	if (json_type(lens) == JSON_OBJECT) {
		jw_kraw(w, ours[3], json_raw(lens));
	} else if (client->code_lens) {
		jw_kobject(w, ours[3]);
		jw_end(w);
	}
	put_workspace(w, client, json_get(theirs, ours[4]));
	if (client->notebooks && !json_present(theirs)) /* another server has its own selector */
		put_notebooks(w);
	jw_end(w);
}

/* "emend", and which version of what else. */
static void put_info(struct jw *w, struct json theirs, struct arena *a)
{
	struct slice name = json_str_or(json_get(theirs, "name"), a, "");
	struct slice version = json_str_or(json_get(theirs, "version"), a, "");

	jw_kobject(w, "serverInfo");
	jw_kcstr(w, "name", "emend");
	if (name.len)
		jw_kstr(w, "version",
			arena_printf(a, "%s (%.*s%s%.*s)", EMEND_VERSION, SLICE_ARG(name),
				     version.len ? " " : "", SLICE_ARG(version)));
	else
		jw_kcstr(w, "version", EMEND_VERSION);
	jw_end(w);
}

/* The units of positions are the editor's and the other server's affair; clangd has a word of its own
 * for them, from before the protocol had one.
 * Both must count in the same units, as the editor sees one server: it is the other one that
 * chooses. */
static void take_encoding(struct client *client, struct json theirs, struct arena *a)
{
	struct json said = json_get(json_get(theirs, "capabilities"), "positionEncoding");
	struct json old = json_get(theirs, "offsetEncoding");

	if (!position_encoding_parse(json_str_or(json_present(old) ? old : said, a, ""),
				     &client->encoding))
		client->encoding = POSITION_UTF16;
}

static void reply(struct server *s, struct rpc_request *req, struct json theirs)
{
	static const char *const ours[] = { "capabilities", "serverInfo" };
	struct jw *w;

	if (json_present(theirs))
		take_encoding(&s->client, theirs, &req->arena);
	w = conn_result_begin(req);
	jw_object(w);
	put_capabilities(w, &s->client, json_get(theirs, ours[0]));
	put_info(w, json_get(theirs, ours[1]), &req->arena);
	put_rest(w, theirs, ours, ARRAY_LEN(ours));
	jw_end(w);
	conn_result_end(req);
	server_started(s);
}

/* --- in front of another server --- */

/* The editor gets our answer in any case: without the other server Emend still works. */
static void on_their_reply(void *payload, const struct rpc_reply *answer, const struct err *err)
{
	struct server *s = payload;
	struct rpc_request *req = s->initializing;

	s->initializing = NULL;
	s->initialize_call = NULL;
	if (!err)
		wrap_initialized(s->wrap, answer->result);
	else if (answer->code)
		messages_show(&s->messages, LSP_MESSAGE_ERROR,
			      "The language server behind Emend cannot start: %s", err->msg);
	reply(s, req, answer->result);
}

static void on_cancel(void *payload, struct rpc_request *req)
{
	struct server *s = payload;

	conn_call_drop(s->initialize_call);
	s->initializing = NULL;
	s->initialize_call = NULL;
	conn_reply_cancelled(req);
}

/* Cancelled while the other server is asked, it may be sent again. */
void on_initialize(struct server *s, struct rpc_request *req)
{
	struct json params = req->params, nothing = { 0 }, options;

	if (json_type(params) != JSON_OBJECT || s->initializing) {
		conn_reply_error(req, RPC_INVALID_PARAMS,
				 s->initializing ? "initialize may be sent only once."
						 : "initialize needs its parameters.");
		return;
	}
	client_init(&s->client, params);
	folders_init(&s->folders, params);
	options = json_get(params, "initializationOptions");
	if (s->wrap && !json_present(json_get(options, "emend")))
		options = nothing; /* they are the other server's */
	settings_initial(&s->settings, options);
	parent_watch(&s->parent, s->loop, json_i64_or(json_get(params, "processId"), 0));
	if (!wrap_starts(s->wrap)) {
		reply(s, req, nothing);
		return;
	}
	s->initializing = req;
	conn_keep(req, on_cancel, s);
	s->initialize_call = conn_call(wrap_conn(s->wrap), "initialize", json_raw(params),
				       UINT64_MAX, on_their_reply, s);
}
