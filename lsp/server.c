/* server.c - see server.h for the machine */
#include "lsp/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/base/stdio.h"
#include "agent/peers/face.h"
#include "agent/peers/peers.h"
#include "lsp/dispatch.h"
#include "lsp/guests.h"
#include "lsp/host.h"
#include "lsp/trace.h"
#include "lsp/wrap/wrap.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { GRACE_MS = 2000 }; /* for what is under way when the editor leaves */

static void server_goto(struct server *s, enum server_state next)
{
	static const char *const name[] = { "new",	"started", "ready",
					    "stopping", "stopped", "ending" };

	log_debug("server: %s -> %s", name[s->state], name[next]);
	s->state = next;
}

/* --- the connection --- */

static void on_request(void *owner, struct rpc_request *req)
{
	dispatch_request(owner, req);
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	dispatch_notification(owner, method, params, a);
}

static void on_long_notification(void *owner, struct slice method, struct json params,
				 struct arena *a)
{
	dispatch_long_notification(owner, method, params, a);
}

static bool on_relay(void *owner, struct slice body, const struct message *m)
{
	struct server *s = owner;

	return s->wrap && wrap_relay(s->wrap, body, m);
}

static void on_wrote(void *owner)
{
	struct server *s = owner;

	wrap_editor_read(s->wrap);
}

static void on_wake(void *owner)
{
	struct server *s = owner;

	if (s->io)
		stdio_wake(s->io);
}

static void on_trace(void *owner, enum rpc_direction dir, struct slice body)
{
	struct server *s = owner;

	if (s->trace)
		trace_message(s->trace, dir, body);
}

static const struct conn_handlers handlers = {
	.request = on_request,
	.notification = on_notification,
	.long_notification = on_long_notification,
	.relay = on_relay,
	.wake = on_wake,
	.trace = on_trace,
};

/* --- ending --- */

/* _exit(): what hangs could hang a destructor, too. */
static void on_grace(uv_timer_t *t)
{
	struct server *s = t->data;

	(void)fprintf(stderr, "emend lsp: Something did not end in time and was given up.\n");
	_exit(s->status);
}

/* Others can use our buffers as long as the editor is there; our tasks use theirs to their end.
 * Our own tasks may still edit files that others have open, so their connections stay until the
 * agent is closed. */
static void leave_peers(struct server *s)
{
	face_close(s->face);
	s->face = NULL;
	if (s->agent)
		return;
	peers_close(s->peers);
	s->peers = NULL;
}

/* One of those that a shutdown waits for has ended. */
static void stopped(struct server *s)
{
	if (s->stops > 0 && --s->stops > 0)
		return;
	if (s->state == SERVER_STOPPING)
		server_goto(s, SERVER_STOPPED);
	if (s->stopping)
		conn_reply_result(s->stopping, SLICE("null"));
	s->stopping = NULL;
}

static void on_agent_closed(void *payload)
{
	struct server *s = payload;

	s->agent = NULL;
	if (s->state == SERVER_ENDING)
		leave_peers(s);
	stopped(s);
}

static void on_wrap_stopped(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	(void)reply, (void)err; /* it is told to exit in any case */
	stopped(payload);
}

/* `stops` counts what the answer waits for; without any of it the answer is given at once. */
void server_stop(struct server *s, struct rpc_request *req)
{
	server_goto(s, SERVER_STOPPING);
	s->stopping = req;
	conn_keep(req, NULL, NULL);
	s->stops = (s->agent ? 1 : 0) + (wrap_runs(s->wrap) ? 1 : 0);
	if (wrap_runs(s->wrap))
		(void)conn_call(wrap_conn(s->wrap), "shutdown", SLICE(""),
				uv_now(s->loop) + GRACE_MS, on_wrap_stopped, s);
	if (s->agent)
		agent_close(s->agent, on_agent_closed, s);
	if (s->stops == 0)
		stopped(s);
}

/* Idempotent, and from any state. The loop runs out when all handles are closed; the timer makes
 * sure that it does. */
void server_end(struct server *s, const char *why)
{
	bool stopping = s->state == SERVER_STOPPING;

	if (s->state == SERVER_ENDING)
		return;
	if (stopping || s->state == SERVER_STOPPED)
		why = NULL;
	if (why)
		(void)fprintf(stderr, "emend lsp: %s\n", why);
	s->status = why ? 1 : 0;
	server_goto(s, SERVER_ENDING);
	if (s->agent && !stopping)
		agent_close(s->agent, on_agent_closed, s);
	leave_peers(s);
	wrap_leave(s->wrap);
	conn_close(&s->conn, NULL);
	parent_close(&s->parent);
	if (s->io)
		stdio_close(s->io);
	s->io = NULL;
	(void)uv_timer_start(&s->grace, on_grace, GRACE_MS, 0);
	uv_unref((uv_handle_t *)&s->grace);
}

/* The end of the input is an exit without the word. */
static void on_ended(void *owner, const struct err *why)
{
	if (why)
		log_error("%s", why->msg);
	server_end(owner, why ? why->msg : "The editor closed the connection without a shutdown.");
}

static void on_parent_died(void *owner)
{
	server_end(owner, "The editor's process ended.");
}

/* --- beginning --- */

void server_started(struct server *s)
{
	server_goto(s, SERVER_STARTED);
}

/* --- the other faces --- */

static const char *face_of(void *payload)
{
	struct server *s = payload;

	return face_name(s->face);
}

static void put_line(struct buf *out, const char *word, struct slice path)
{
	if (slice_find_byte(path, '\n', 0) == SIZE_MAX)
		buf_printf(out, "%s %.*s\n", word, SLICE_ARG(path));
}

static bool on_peer_request(void *owner, struct rpc_request *req)
{
	struct server *s = owner;

	return board_request(&s->board, req) || guests_request(s, req);
}

static void tasks_changed(void *owner)
{
	struct server *s = owner;

	face_changed(s->face);
}

/* See agent/peers/folder.h. Both spellings of a document: others look for the resolved one.
 * A path with a line end in it cannot stand in the list; such a file is then not shared. */
static void list_open(void *owner, struct buf *out)
{
	struct server *s = owner;
	struct slice workspace, real;
	struct arena a;

	for (size_t i = 0; i < s->folders.n; i++)
		put_line(out, "root", slice_of(s->folders.list[i].real));
	board_list(&s->board, out);
	LIST_EACH (it, tmp, &s->documents.all) {
		struct document *doc = container_of(it, struct document, link);

		if (!doc->path)
			continue;
		arena_init(&a);
		folders_place(&s->folders, &a, slice_of(doc->path), &workspace, &real);
		put_line(out, "open", real);
		if (!slice_eq_cstr(real, doc->path))
			put_line(out, "open", slice_of(doc->path));
		arena_release(&a);
	}
}

static void meet_others(struct server *s)
{
	s->face = face_open(&(struct face_options){ .loop = s->loop,
						    .runq = &s->runq,
						    .host = host_own(&s->as_face),
						    .request = on_peer_request,
						    .list = list_open,
						    .owner = s });
}

/* `initialized` is the first moment at which the protocol lets us send requests and notifications.
 */
void server_ready(struct server *s)
{
	if (s->state != SERVER_STARTED)
		return;
	server_goto(s, SERVER_READY);
	meet_others(s);
	messages_ready(&s->messages);
	settings_ready(&s->settings);
}

/* Nobody else's ids begin so: where messages are passed on, they must not be mixed up. */
static const char *own_ids(struct server *s)
{
	uint32_t number = 0;

	(void)!getrandom(&number, sizeof(number), 0);
	(void)snprintf(s->ids, sizeof(s->ids), "emend-%08x-", number);
	return s->ids;
}

/* Everything is made here, once, in the order of who needs whom; nothing is started but the wrapped
 * server. */
static void wire(struct server *s, char *const *wrapped)
{
	struct conn_options options = {
		.handlers = &handlers, .owner = s, .mode = FRAME_HEADERS, .no_nul = true
	};
	uint64_t seed = 0;

	(void)!getrandom(&options.seed, sizeof(options.seed), 0);
	(void)!getrandom(&seed, sizeof(seed), 0);
	if (wrapped)
		options.ids = own_ids(s);
	runq_init(&s->runq, s->loop);
	conn_init(&s->conn, &options);
	parent_init(&s->parent, on_parent_died, s);
	documents_init(&s->documents, seed);
	messages_init(&s->messages, &s->conn, &s->client);
	settings_init(&s->settings, s->loop, &s->conn, &s->client, &s->messages);
	edits_init(&s->edits, s->loop, &s->runq, &s->conn, &s->client, &s->documents, &s->folders,
		   &s->messages);
	shown_init(&s->shown, s->loop, &s->conn, &s->client, &s->messages);
	questions_init(&s->questions, s->loop, &s->runq, &s->conn, &s->client, &s->shown);
	lookups_init(&s->lookups, s->loop, &s->conn, &s->client, &s->edits, &s->folders);
	tasks_init(&s->tasks, s->loop);
	pending_init(&s->pending, s);
	board_init(&s->board, s->loop, &s->runq, "editor", tasks_changed, s);
	s->as_face.server = s;
	s->peers = peers_new(&(struct peers_options){
		.loop = s->loop, .runq = &s->runq, .own_name = face_of, .payload = s });
	if (wrapped)
		s->wrap = wrap_start(&(struct wrap_options){ .loop = s->loop,
							     .runq = &s->runq,
							     .editor = &s->conn,
							     .messages = &s->messages,
							     .documents = &s->documents,
							     .ids = s->ids,
							     .argv = wrapped });
	s->lookups.wrap = s->wrap;
	(void)uv_timer_init(s->loop, &s->grace);
	s->grace.data = s;
	s->started_ms = uv_now(s->loop);
}

bool server_start(const struct server_options *o, struct server **out, struct err *err)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->loop = o->loop;
	s->trace = o->trace;
	s->status = 1;
	wire(s, o->wrap);
	*out = s;
	return stdio_start(&(struct stdio_options){ .loop = s->loop,
						    .runq = &s->runq,
						    .conn = &s->conn,
						    .in = o->in,
						    .out = o->out,
						    /* What passes through is not held up. */
						    .gentle = !o->wrap,
						    .ended = on_ended,
						    .wrote = on_wrote,
						    .owner = s },
			   &s->io, err);
}

bool server_close(struct server *s)
{
	if (s->closed)
		return false;
	s->closed = true;
	runq_close(&s->runq);
	uv_close((uv_handle_t *)&s->grace, NULL);
	tasks_close(&s->tasks);
	return true;
}

/* After the loop: nothing calls back any more, so the order is of no matter. */
int server_free(struct server *s)
{
	int status = s->status;

	wrap_free(s->wrap);
	pending_release(&s->pending);
	board_release(&s->board);
	tasks_release(&s->tasks);
	edits_release(&s->edits);
	questions_release(&s->questions);
	shown_release(&s->shown);
	settings_release(&s->settings);
	messages_release(&s->messages);
	documents_release(&s->documents);
	folders_release(&s->folders);
	conn_release(&s->conn);
	trace_close(s->trace);
	free(s->state_dir);
	free(s);
	return status;
}

/* --- the agent --- */

/* The path of this program, which is also the runner's. */
static struct slice program(struct arena *a)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	return arena_dup(a, n > 0 ? slice_make(path, (size_t)n) : SLICE("/usr/bin/emend"));
}

struct agent *server_agent(struct server *s, struct err *err)
{
	struct slice dir;
	struct arena a;

	if (s->agent)
		return s->agent;
	arena_init(&a);
	if (state_dir(&a, &dir, err)) {
		s->state_dir = xslicedup(dir);
		s->agent = agent_new(&(struct agent_options){ .loop = s->loop,
							      .runq = &s->runq,
							      .program = program(&a),
							      .state_dir = dir });
	}
	arena_release(&a);
	return s->agent;
}
