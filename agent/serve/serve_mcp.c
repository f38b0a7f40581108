/* serve_mcp.c - MCP over Streamable HTTP: each message is a request of its own, and its answer is the reply.
 *
 * Clients of the revisions up to 2025-11-25 open a session with `initialize`, whose id comes back with everything they
 * send; so a notification can find the call that it cancels. Those of 2026-07-28 have none: their headers repeat what the
 * body says, which is checked, and who closes the connection cancels. There is nothing that we send unasked, so GET is
 * refused. The core is that of `emend mcp`: a connection of JSON-RPC for each message. */
#include <stdlib.h>

#include "agent/mcp/mcp.h"
#include "agent/serve/serve_own.h"
#include "protocol/base/mem.h"
#include "protocol/rpc/message.h"

#define MODERN "2026-07-28"
#define META_VERSION "io.modelcontextprotocol/protocolVersion"

/* At the most sessions the one that was not used for longest goes; its client gets 404 and opens
 * another. */
enum { SESSIONS_MAX = 1000, SESSION_ID = 32, HEADER_MISMATCH = -32020, UNSUPPORTED = -32022 };

struct session {
	struct list link; /* the one that was used last is at the end */
	char id[SESSION_ID + 1];
	struct list calls;
};

/* Owned by its call, and freed with it; the session only knows of it for as long as it lives. */
struct serve_mcp {
	struct list link; /* in its session, or alone */
	struct serve_call *call;
	struct mcp *mcp;
	struct job late; /* there is output */
};

/* --- sessions --- */

static struct session *session_find(struct serve *s, struct slice id)
{
	LIST_EACH (it, tmp, &s->sessions) {
		struct session *x = container_of(it, struct session, link);

		if (slice_eq(id, slice_of(x->id)))
			return x;
	}
	return NULL;
}

/* The calls go on by themselves. */
static void session_free(struct serve *s, struct session *x)
{
	LIST_EACH (it, tmp, &x->calls) {
		list_remove(it);
		list_init(it);
	}
	list_remove(&x->link);
	s->n_sessions--;
	free(x);
}

static struct session *session_new(struct serve *s)
{
	struct session *x = xcalloc(1, sizeof(*x));

	if (s->n_sessions == SESSIONS_MAX)
		session_free(s, container_of(s->sessions.next, struct session, link));
	random_id(x->id, SESSION_ID);
	list_init(&x->calls);
	list_append(&s->sessions, &x->link);
	s->n_sessions++;
	return x;
}

static void session_use(struct serve *s, struct session *x)
{
	list_remove(&x->link);
	list_append(&s->sessions, &x->link);
}

void serve_mcp_end(struct serve *s)
{
	LIST_EACH (it, tmp, &s->sessions)
		session_free(s, container_of(it, struct session, link));
}

/* --- answers --- */

static void reply(struct serve_call *c, unsigned status, struct slice json)
{
	web_add_header(c->req, "X-Correlation-Id", c->correlation);
	web_answer(c->req, status, json.len > 0 ? "application/json" : "", json);
}

static void refuse(struct serve_call *c, unsigned status, struct slice id, int code,
		   const char *text)
{
	struct buf b;
	struct jw w;

	buf_init(&b, 16 * 1024);
	jw_init(&w, &b);
	message_error(&w, id, code, slice_of(text), NULL);
	reply(c, status, buf_slice(&b));
	buf_release(&b);
}

/* An error that a client of the newer era must tell from those of a server that does not know it. */
static unsigned status_of(struct serve_call *c, struct slice answer)
{
	struct json root;
	struct err err;
	int64_t code = 0;

	if (json_parse(web_arena(c->req), answer, &root, &err))
		code = json_i64_or(json_get(json_get(root, "error"), "code"), 0);
	return code == UNSUPPORTED || code == RPC_INVALID_REQUEST ? 400 : 200;
}

/* The first output is the answer: the connection has one request. Notifications of ours there are
 * none. */
static void on_output(struct job *j)
{
	struct serve_mcp *m = container_of(j, struct serve_mcp, late);
	struct slice out = slice_trim(conn_output(mcp_conn(m->mcp)));

	if (out.len > 0)
		reply(m->call,
		      status_of(m->call,
				slice_sub(out, 0, 4096).len == out.len ? out : SLICE("{}")),
		      out);
}

static void on_wake(void *owner)
{
	struct serve_mcp *m = owner;

	runq_post(m->call->serve->o.runq, &m->late);
}

/* --- messages --- */

/* A message is a line for the core; between its tokens a line may end.
 * In JSON a line end can only be between two tokens, so a blank does as well. */
static struct slice in_one_line(struct arena *a, struct slice body)
{
	char *out = arena_alloc(a, body.len + 1);

	for (size_t i = 0; i < body.len; i++)
		out[i] = body.ptr[i] == '\n' || body.ptr[i] == '\r' ? ' ' : body.ptr[i];
	out[body.len] = '\n';
	return slice_make(out, body.len + 1);
}

static void feed(struct mcp *m, struct slice line)
{
	struct err err;

	(void)!conn_feed(mcp_conn(m), line, &err); /* what is wrong with it is answered */
}

/* A connection of its own for each message, so that two clients with the same id do not meet. */
static void run(struct serve_call *c, struct session *x)
{
	struct serve *s = c->serve;
	struct serve_mcp *m = xcalloc(1, sizeof(*m));
	struct mcp_options o = { .exec = s->o.exec,
				 .opened = x != NULL,
				 .correlation_id = c->correlation,
				 .traceparent = c->trace,
				 .seed = s->seed,
				 .wake = on_wake,
				 .owner = m };

	m->call = c;
	c->mcp = m;
	job_init(&m->late, on_output);
	list_init(&m->link);
	if (x)
		list_append(&x->calls, &m->link);
	m->mcp = mcp_new(&o);
	feed(m->mcp, in_one_line(web_arena(c->req), web_body(c->req)));
}

/* A notification is for the calls of its session; of those only the one that it names takes notice. */
static void notify(struct serve_call *c, struct session *x)
{
	struct slice line = in_one_line(web_arena(c->req), web_body(c->req));

	if (x) {
		LIST_EACH (it, tmp, &x->calls)
			feed(container_of(it, struct serve_mcp, link)->mcp, line);
	}
	reply(c, 202, SLICE(""));
}

/* The headers of the newer era say what the body says, so that what stands between may go by them.
 * What stands between, and goes by the headers alone, must not be led to let through what the body
 * does. */
static bool headers_agree(struct serve_call *c, const struct message *m)
{
	struct json name = json_get(m->params, "name");

	return slice_eq(web_header(c->req, "MCP-Protocol-Version"),
			json_str_or(json_get(json_get(m->params, "_meta"), META_VERSION),
				    web_arena(c->req), "")) &&
	       slice_eq(web_header(c->req, "Mcp-Method"), m->method) &&
	       (!slice_eq_cstr(m->method, "tools/call") ||
		slice_eq(web_header(c->req, "Mcp-Name"), json_str_or(name, web_arena(c->req), "")));
}

static void on_modern(struct serve_call *c, const struct message *m)
{
	if (m->kind != MESSAGE_REQUEST)
		reply(c, 202, SLICE(""));
	else if (!headers_agree(c, m))
		refuse(c, 400, m->id, HEADER_MISMATCH,
		       "MCP-Protocol-Version, Mcp-Method and, for tools/call, Mcp-Name must be there "
		       "and say what the body says.");
	else
		run(c, NULL);
}

static bool is_older_revision(struct slice version)
{
	return version.len == 0 || mcp_knows(version);
}

static void on_older(struct serve_call *c, const struct message *m)
{
	struct serve *s = c->serve;
	struct slice id = web_header(c->req, "Mcp-Session-Id");
	struct session *x = session_find(s, id);

	if (!is_older_revision(web_header(c->req, "MCP-Protocol-Version"))) {
		refuse(c, 400, m->id, RPC_INVALID_REQUEST,
		       "MCP-Protocol-Version names a revision that is not spoken here.");
	} else if (slice_eq_cstr(m->method, "initialize") && m->kind == MESSAGE_REQUEST) {
		x = session_new(s);
		web_add_header(c->req, "Mcp-Session-Id", slice_of(x->id));
		run(c, x);
	} else if (!x) {
		/* 404 makes a client open a new session; one that never had any is told how. */
		refuse(c, id.len > 0 ? 404 : 400, m->id, RPC_INVALID_REQUEST,
		       id.len > 0 ? "There is no such session here (any more)."
				  : "Open a session with initialize, or speak " MODERN ".");
	} else {
		session_use(s, x);
		if (m->kind == MESSAGE_REQUEST)
			run(c, x);
		else
			notify(c, x);
	}
}

void serve_mcp_post(struct serve_call *c)
{
	struct arena *a = web_arena(c->req);
	struct message m;
	struct json root;
	struct err err;
	bool modern;

	if (!json_parse(a, web_body(c->req), &root, &err)) {
		refuse(c, 400, SLICE(""), RPC_PARSE_ERROR, err.msg);
		return;
	}
	message_classify(root, a, &m);
	modern = json_present(json_get(json_get(m.params, "_meta"), META_VERSION));
	if (m.kind == MESSAGE_INVALID)
		refuse(c, 400, m.id, RPC_INVALID_REQUEST, m.why);
	else if (modern || slice_eq_cstr(web_header(c->req, "MCP-Protocol-Version"), MODERN))
		on_modern(c, &m);
	else
		on_older(c, &m);
}

/* The client says goodbye; what still runs for it goes on to its own answer. */
void serve_mcp_delete(struct serve_call *c)
{
	struct session *x = session_find(c->serve, web_header(c->req, "Mcp-Session-Id"));

	if (!x) {
		serve_error(c, 404, "not_found", "There is no such session here.");
		return;
	}
	session_free(c->serve, x);
	reply(c, 204, SLICE(""));
}

void serve_mcp_drop(struct serve_mcp *m)
{
	if (!m)
		return;
	list_remove(&m->link);
	mcp_free(m->mcp);
	job_drop(&m->late);
	free(m);
}
