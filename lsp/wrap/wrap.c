/* wrap.c - see wrap.h: the process, and what becomes of each message.
 *
 * Two connections, and each message goes one of three ways: to us, to the other side as it came, or
 * to both. Who decides:
 *
 *   from the editor   wrap_relay(): requests by is_ours(); notifications go to both, unless they are for one alone;
 *                     responses by their id, which is ours or not
 *   from the server   from_server(): responses to our own calls are ours; everything else is the editor's
 *
 * No message is written anew, so what neither of us knows passes unharmed. */
#include "lsp/wrap/wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/base/stdio.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

enum { END_MS = 1000 }; /* from its last word to its end, before it is killed */

enum wrap_state { WRAP_STARTING, WRAP_RUNNING, WRAP_LEAVING, WRAP_GONE };

/* Owned by the server from wrap_start() to wrap_free(), also when it is GONE. */
struct wrap {
	enum wrap_state state;
	uv_loop_t *loop;
	struct conn *editor;
	struct messages *messages;
	struct documents *documents;
	const char *name; /* of the program, without its folder */
	struct conn conn;
	struct stdio *io;	      /* NULL: there is none any more */
	uv_process_t process;	      /* while `spawned` and not `exited` */
	uv_timer_t timer;	      /* the last wait for the rest of its end */
	bool spawned, exited, silent; /* silent: its output has ended */
	int64_t exit_status;
	int signal;
	char why[160]; /* it could not be started */
	unsigned features;
	struct map asked; /* raw ids of the editor's requests that it has not answered yet */
	struct noted noted;
	struct job job;
};

static void wrap_goto(struct wrap *w, enum wrap_state next)
{
	static const char *const name[] = { "starting", "running", "leaving", "gone" };

	log_debug("wrap: %s -> %s", name[w->state], name[next]);
	w->state = next;
}

/* --- its end ----------------------------------------------------------------------------------- */

static void tell(struct wrap *w)
{
	const char *rest = "Emend itself goes on; start the editor's server again to have both.";

	if (w->why[0])
		messages_show(w->messages, LSP_MESSAGE_ERROR, "%s could not be started (%s). %s",
			      w->name, w->why, rest);
	else if (w->signal)
		messages_show(w->messages, LSP_MESSAGE_ERROR, "%s was killed by signal %d. %s",
			      w->name, w->signal, rest);
	else
		messages_show(w->messages, LSP_MESSAGE_ERROR, "%s ended with status %d. %s",
			      w->name, (int)w->exit_status, rest);
}

/* Nobody is left to answer these.
 * A request that is never answered would make the editor wait for ever. */
static void answer_open(struct wrap *w)
{
	struct slice id;
	size_t at = 0;
	void *any;
	struct buf b;

	while (map_next(&w->asked, &at, &id, &any)) {
		buf_init(&b, LIMIT_ID_BYTES + 256);
		buf_printf(&b,
			   "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"error\":{\"code\":%d,\"message\":"
			   "\"The language server behind Emend has ended.\"}}",
			   SLICE_ARG(id), RPC_REQUEST_FAILED);
		conn_relay(w->editor, buf_slice(&b));
		buf_release(&b);
	}
	map_release(&w->asked);
	map_init(&w->asked, 0);
}

/* Its end has two parts, which come in either order: the process and its output. Both are waited
 * for, as what it said last counts. A process that leaves a child with its output gets END_MS
 * (on_timer). */
static void wrap_step(struct wrap *w)
{
	bool leaving = w->state == WRAP_LEAVING;

	if (w->state == WRAP_GONE || !w->exited || (!w->silent && !leaving))
		return;
	(void)uv_timer_stop(&w->timer);
	wrap_goto(w, WRAP_GONE);
	conn_close(&w->conn, NULL);
	if (w->io)
		stdio_close(w->io);
	w->io = NULL;
	uv_close((uv_handle_t *)&w->timer, NULL);
	if (leaving)
		return;
	answer_open(w);
	noted_clear(&w->noted, w->editor);
	tell(w);
}

/* It holds on to life, or its output is held open by a child of its own. */
static void on_timer(uv_timer_t *t)
{
	struct wrap *w = t->data;

	if (w->exited)
		w->silent = true;
	else
		(void)uv_process_kill(&w->process, SIGKILL);
	wrap_step(w);
}

static void wait_for_rest(struct wrap *w)
{
	if (w->state != WRAP_GONE)
		(void)uv_timer_start(&w->timer, on_timer, END_MS, 0);
	wrap_step(w);
}

static void on_process_exit(uv_process_t *p, int64_t status, int term_signal)
{
	struct wrap *w = p->data;

	w->exited = true;
	w->exit_status = status;
	w->signal = term_signal;
	uv_close((uv_handle_t *)p, NULL);
	wait_for_rest(w);
}

static void on_ended(void *owner, const struct err *why)
{
	struct wrap *w = owner;

	if (why)
		log_error("wrap: %s", why->msg);
	w->silent = true;
	wait_for_rest(w);
}

/* --- what it says ------------------------------------------------------------------------------ */

/* Diagnostics are noted on their way: a fix needs them, and the editor does not always pass them
 * on. */
static bool from_server(void *owner, struct slice body, const struct message *m)
{
	struct wrap *w = owner;
	struct arena a;

	if (m && m->kind == MESSAGE_RESPONSE) {
		if (conn_has_call(&w->conn, m->id_value))
			return false;
		(void)map_remove(&w->asked, m->id);
	} else if (m && m->kind == MESSAGE_NOTIFICATION &&
		   slice_eq_cstr(m->method, "textDocument/publishDiagnostics")) {
		arena_init(&a);
		noted_add(&w->noted, w->documents, m->params, &a);
		arena_release(&a);
	}
	conn_relay(w->editor, body);
	return true;
}

/* Everything was relayed: these see nothing. */
static void on_request(void *owner, struct rpc_request *req)
{
	(void)owner;
	conn_reply_error(req, RPC_METHOD_NOT_FOUND, "There is no such method.");
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	(void)owner, (void)method, (void)params, (void)a;
}

static void on_wake(void *owner)
{
	struct wrap *w = owner;

	if (w->io)
		stdio_wake(w->io);
}

/* --- what the editor says ------------------------------------------------------------------------ */

static bool starts(struct json v, const char *with)
{
	struct slice raw = json_raw(v);

	return raw.len > 1 && slice_starts(slice_sub(raw, 1, raw.len), slice_of(with));
}

/* Requests that we answer, alone or with its help. */
static bool is_ours(const struct message *m)
{
	static const char *const both[] = { "initialize", "shutdown" };
	struct json command = json_get(m->params, "command");

	for (size_t i = 0; i < ARRAY_LEN(both); i++)
		if (slice_eq_cstr(m->method, both[i]))
			return true;
	if (slice_starts(m->method, SLICE("emend/")))
		return true;
	if (slice_eq_cstr(m->method, "textDocument/codeAction") ||
	    slice_eq_cstr(m->method, "textDocument/codeLens"))
		return true;
	if (slice_eq_cstr(m->method, "workspace/executeCommand"))
		return starts(command, "emend.");
	if (slice_eq_cstr(m->method, "codeAction/resolve") ||
	    slice_eq_cstr(m->method, "codeLens/resolve"))
		return starts(json_get(command, "command"), "emend.");
	if (slice_eq_cstr(m->method, "workspace/textDocumentContent"))
		return starts(json_get(m->params, "uri"), "emend:");
	return false;
}

static void reply_null(struct wrap *w, struct slice id)
{
	struct buf b;

	buf_init(&b, LIMIT_ID_BYTES + 64);
	buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":null}", SLICE_ARG(id));
	conn_relay(w->editor, buf_slice(&b));
	buf_release(&b);
}

static bool relay_request(struct wrap *w, struct slice body, const struct message *m)
{
	if (is_ours(m))
		return false;
	if (!wrap_runs(w)) {
		if (w->state != WRAP_GONE)
			return false; /* before initialize, or after shutdown: we refuse it */
		reply_null(w, m->id);
		return true;
	}
	(void)map_put(&w->asked, m->id, w);
	conn_relay(&w->conn, body);
	return true;
}

/* Both hear of it, unless it is for one alone. False: we do, too.
 * What the other server did not ask for is not told to it. */
static bool relay_notification(struct wrap *w, struct slice body, const struct message *m)
{
	static const struct {
		const char *method;
		unsigned feature;
	} wanted[] = {
		{ "textDocument/didOpen", WRAP_OPEN_CLOSE },
		{ "textDocument/didClose", WRAP_OPEN_CLOSE },
		{ "textDocument/didChange", WRAP_CHANGE },
		{ "workspace/didChangeWorkspaceFolders", WRAP_FOLDERS },
	};

	if (slice_eq_cstr(m->method, "exit") || slice_starts(m->method, SLICE("emend/")))
		return false;
	if (slice_eq_cstr(m->method, "$/cancelRequest")) {
		if (conn_has_request(w->editor, json_get(m->params, "id")))
			return false;
		if (wrap_runs(w))
			conn_relay(&w->conn, body);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (slice_eq_cstr(m->method, wanted[i].method) &&
		    !(w->features & wanted[i].feature))
			return false;
	if (wrap_runs(w))
		conn_relay(&w->conn, body);
	return false;
}

bool wrap_relay(struct wrap *w, struct slice body, const struct message *m)
{
	if (m && m->kind == MESSAGE_REQUEST)
		return relay_request(w, body, m);
	if (m && m->kind == MESSAGE_NOTIFICATION)
		return relay_notification(w, body, m);
	if (m && m->kind == MESSAGE_RESPONSE && conn_has_call(w->editor, m->id_value))
		return false;
	if (!wrap_runs(w))
		return m && m->kind == MESSAGE_RESPONSE; /* to a question of its, which is over */
	conn_relay(&w->conn, body);
	return true;
}

void wrap_editor_read(struct wrap *w)
{
	if (w && w->io)
		stdio_wake(w->io);
}

/* --- what it can ------------------------------------------------------------------------------- */

bool wrap_starts(const struct wrap *w)
{
	return w && w->state == WRAP_STARTING;
}

bool wrap_runs(const struct wrap *w)
{
	return w && w->state == WRAP_RUNNING && w->conn.state == CONN_OPEN;
}

bool wrap_has(const struct wrap *w, enum wrap_feature f)
{
	return w && (w->features & f);
}

struct conn *wrap_conn(struct wrap *w)
{
	return &w->conn;
}

struct noted *wrap_noted(struct wrap *w)
{
	return &w->noted;
}

static bool provides(struct json capabilities, const char *key)
{
	struct json v = json_get(capabilities, key);

	return json_type(v) == JSON_OBJECT || json_bool_or(v, false);
}

static unsigned sync_features(struct json sync)
{
	int64_t change = json_i64_or(json_get(sync, "change"), LSP_SYNC_NONE);

	if (json_type(sync) != JSON_OBJECT) /* the old form: a number */
		return json_i64_or(sync, LSP_SYNC_NONE) != LSP_SYNC_NONE
			       ? WRAP_OPEN_CLOSE | WRAP_CHANGE
			       : 0;
	return (json_bool_or(json_get(sync, "openClose"), false) ? WRAP_OPEN_CLOSE : 0) |
	       (change != LSP_SYNC_NONE ? WRAP_CHANGE : 0);
}

void wrap_initialized(struct wrap *w, struct json result)
{
	static const struct {
		const char *key;
		unsigned feature;
	} keys[] = {
		{ "codeActionProvider", WRAP_CODE_ACTION },
		{ "codeLensProvider", WRAP_CODE_LENS },
		{ "referencesProvider", WRAP_REFERENCES },
		{ "definitionProvider", WRAP_DEFINITION },
		{ "renameProvider", WRAP_RENAME },
	};
	struct json can = json_get(result, "capabilities");
	struct json folders = json_get(json_get(can, "workspace"), "workspaceFolders");

	if (w->state != WRAP_STARTING)
		return;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (provides(can, keys[i].key))
			w->features |= keys[i].feature;
	w->features |= sync_features(json_get(can, "textDocumentSync"));
	folders = json_get(folders, "changeNotifications");
	if (json_type(folders) == JSON_STRING || json_bool_or(folders, false)) /* an id, or true */
		w->features |= WRAP_FOLDERS;
	wrap_goto(w, WRAP_RUNNING);
}

/* --- beginning and end --------------------------------------------------------------------------- */

static const struct conn_handlers handlers = {
	.request = on_request,
	.notification = on_notification,
	.relay = from_server,
	.wake = on_wake,
};

static bool spawn(struct wrap *w, char *const *argv, int in, int out, struct err *err)
{
	uv_stdio_container_t io[3] = { { .flags = UV_INHERIT_FD, .data.fd = in },
				       { .flags = UV_INHERIT_FD, .data.fd = out },
				       { .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO } };
	uv_process_options_t o = { .exit_cb = on_process_exit,
				   .file = argv[0],
				   .args = (char **)(uintptr_t)argv,
				   .stdio_count = 3,
				   .stdio = io };
	int r = uv_spawn(w->loop, &w->process, &o);

	w->process.data = w;
	if (r == 0)
		return true;
	uv_close((uv_handle_t *)&w->process, NULL);
	return err_set(err, ERR_IO, "%s", uv_strerror(r));
}

static void close_pair(const int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			(void)close(fd[i]);
}

static bool start(struct wrap *w, const struct wrap_options *o, struct err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
	    !spawn(w, o->argv, in[0], out[1], err)) {
		if (err->code == ERR_NONE)
			(void)err_set(err, ERR_IO, "%s", uv_strerror(-errno));
		close_pair(in);
		close_pair(out);
		return false;
	}
	w->spawned = true;
	(void)close(in[0]);
	(void)close(out[1]);
	return stdio_start(&(struct stdio_options){ .loop = w->loop,
						    .runq = o->runq,
						    .conn = &w->conn,
						    .in = out[0],
						    .out = in[1],
						    .sink = w->editor,
						    .ended = on_ended,
						    .owner = w },
			   &w->io, err);
}

struct wrap *wrap_start(const struct wrap_options *o)
{
	struct wrap *w = xcalloc(1, sizeof(*w));
	struct conn_options options = {
		.handlers = &handlers, .owner = w, .mode = FRAME_HEADERS, .ids = o->ids
	};
	const char *slash = strrchr(o->argv[0], '/');
	struct err err = { .code = ERR_NONE };

	(void)!getrandom(&options.seed, sizeof(options.seed), 0);
	w->loop = o->loop;
	w->editor = o->editor;
	w->messages = o->messages;
	w->documents = o->documents;
	w->name = slash ? slash + 1 : o->argv[0];
	conn_init(&w->conn, &options);
	map_init(&w->asked, options.seed);
	noted_init(&w->noted, options.seed);
	(void)uv_timer_init(w->loop, &w->timer);
	w->timer.data = w;
	uv_unref((uv_handle_t *)&w->timer);
	if (!start(w, o, &err)) {
		(void)snprintf(w->why, sizeof(w->why), "%s", err.msg);
		w->exited = w->silent = true;
		wrap_step(w);
	}
	return w;
}

void wrap_leave(struct wrap *w)
{
	if (!w || w->state == WRAP_GONE || w->state == WRAP_LEAVING)
		return;
	wrap_goto(w, WRAP_LEAVING);
	conn_notify(&w->conn, "exit", SLICE(""));
	if (w->io)
		stdio_close(w->io); /* what is queued still goes out; then its input ends */
	w->io = NULL;
	wait_for_rest(w);
}

void wrap_free(struct wrap *w)
{
	if (!w)
		return;
	noted_release(&w->noted);
	map_release(&w->asked);
	conn_release(&w->conn);
	free(w);
}
