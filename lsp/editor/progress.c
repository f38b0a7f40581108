/* progress.c - see progress.h for the machine */
#include "lsp/editor/progress.h"

#include <stdlib.h>
#include <sys/random.h>

#include "lsp/editor/messages.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum progress_state { PROGRESS_CREATING, PROGRESS_ACTIVE, PROGRESS_OFF, PROGRESS_ENDED };
enum { SHOWN_BYTES = 160 };

/* Owned by its task until progress_end(); then it frees itself, once the editor has answered the
 * creation. */
struct progress {
	enum progress_state state;
	uv_loop_t *loop;
	struct conn *conn;
	const struct client *client;
	char *token; /* JSON text: a string or a number */
	char *title;
	char *message; /* waits to be sent; NULL: nothing waits */
	bool ending;   /* progress_end() came */
	bool timed;    /* the timer runs */
	uint64_t sent_ms;
	uv_timer_t timer;
};

/* Title and "cancellable" belong to "begin" only; without a message the field is left out. */
static void send_value(struct progress *p, const char *kind, const char *title, const char *message)
{
	struct arena a;
	struct jw *w = NULL;
	struct slice shown_title, shown;

	arena_init(&a);
	shown_title = shown_text(&a, p->client, slice_of(title), SHOWN_BYTES);
	shown = shown_text(&a, p->client, slice_of(message), SHOWN_BYTES);
	w = conn_notify_begin(p->conn, "$/progress");
	jw_object(w);
	jw_kraw(w, "token", slice_of(p->token));
	jw_kobject(w, "value");
	jw_kcstr(w, "kind", kind);
	if (title)
		jw_kstr(w, "title", shown_title);
	if (title)
		jw_kbool(w, "cancellable", true);
	if (shown.len)
		jw_kstr(w, "message", shown);
	jw_end(w);
	jw_end(w);
	conn_notify_end(p->conn);
	p->sent_ms = uv_now(p->loop);
	arena_release(&a);
}

static void on_closed(uv_handle_t *h)
{
	struct progress *p = h->data;

	free(p->token);
	free(p->title);
	free(p->message);
	free(p);
}

static void progress_step(struct progress *p);

static void on_timer(uv_timer_t *t)
{
	struct progress *p = t->data;

	p->timed = false;
	progress_step(p);
}

static void progress_goto(struct progress *p, enum progress_state next)
{
	enum progress_state from = p->state;

	p->state = next;
	switch (next) {
	case PROGRESS_CREATING:
	case PROGRESS_OFF:
		break;
	case PROGRESS_ACTIVE:
		send_value(p, "begin", p->title, NULL);
		break;
	case PROGRESS_ENDED:
		if (from == PROGRESS_ACTIVE)
			send_value(p, "end", NULL, p->message);
		uv_close((uv_handle_t *)&p->timer, on_closed);
		break;
	}
}

static void report(struct progress *p)
{
	uint64_t now = uv_now(p->loop), due = p->sent_ms + LIMIT_PROGRESS_INTERVAL_MS;

	if (!p->message || p->timed)
		return;
	if (now < due) {
		p->timed = true;
		(void)uv_timer_start(&p->timer, on_timer, due - now, 0);
		return;
	}
	send_value(p, "report", NULL, p->message);
	free(p->message);
	p->message = NULL;
}

static void progress_step(struct progress *p)
{
	if (p->ending && (p->state == PROGRESS_ACTIVE || p->state == PROGRESS_OFF))
		progress_goto(p, PROGRESS_ENDED);
	else if (p->state == PROGRESS_ACTIVE)
		report(p);
}

/* An editor that refuses the token is not told anything: a token that it does not know is an error
 * to it. */
static void on_created(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct progress *p = payload;

	(void)reply;
	progress_goto(p, err ? PROGRESS_OFF : PROGRESS_ACTIVE);
	progress_step(p);
}

/* Unique for ever: editors that join several servers share the space of tokens. */
static char *new_token(void)
{
	unsigned char random[12] = { 0 };
	struct buf b;

	buf_init(&b, 64);
	(void)!getrandom(random, sizeof(random), 0);
	buf_puts(&b, "\"emend-");
	for (size_t i = 0; i < sizeof(random); i++)
		buf_printf(&b, "%02x", random[i]);
	buf_putc(&b, '"');
	return buf_take(&b);
}

static void create(struct progress *p)
{
	struct jw *w = conn_call_begin(p->conn, "window/workDoneProgress/create");

	jw_object(w);
	jw_kraw(w, "token", slice_of(p->token));
	jw_end(w);
	(void)conn_call_end(p->conn, uv_now(p->loop) + LIMIT_CLIENT_REPLY_MS, on_created, p);
}

struct progress *progress_start(const struct progress_options *o)
{
	enum json_type type = json_type(o->token);
	bool given = type == JSON_STRING || type == JSON_NUMBER;
	struct progress *p;

	if (!given && !o->client->progress)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->loop = o->loop;
	p->conn = o->conn;
	p->client = o->client;
	p->title = xslicedup(o->title);
	p->token = given ? xslicedup(json_raw(o->token)) : new_token();
	(void)uv_timer_init(o->loop, &p->timer);
	p->timer.data = p;
	if (given)
		progress_goto(p, PROGRESS_ACTIVE);
	else
		create(p);
	return p;
}

static void set_message(struct progress *p, struct slice message)
{
	free(p->message);
	p->message = xslicedup(message);
}

void progress_report(struct progress *p, struct slice message)
{
	if (!p || p->ending || p->state == PROGRESS_OFF)
		return;
	set_message(p, message);
	progress_step(p);
}

void progress_end(struct progress *p, struct slice message)
{
	if (!p)
		return;
	set_message(p, message);
	p->ending = true;
	progress_step(p);
}

bool progress_has_token(const struct progress *p, struct json token)
{
	struct slice mine, theirs;
	struct arena a;
	struct json parsed;
	bool same;

	if (!p)
		return false;
	mine = slice_of(p->token);
	theirs = json_raw(token);
	if (slice_eq(mine, theirs))
		return true;
	arena_init(&a); /* the same string may be escaped in another way */
	same = json_parse(&a, mine, &parsed, NULL) && json_equal(parsed, token);
	arena_release(&a);
	return same;
}
