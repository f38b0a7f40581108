/* host_cli.c - see host_cli.h */
#include "agent/cli/task/host_cli.h"

#include "agent/cli/json_line.h"
#include "agent/peers/event_wire.h"
#include "protocol/base/limits.h"

static struct snapshot *no_buffer(void *self, struct slice path)
{
	(void)self, (void)path;
	return NULL;
}

static void no_buffers(void *self, struct slice root,
		       void (*fn)(void *payload, struct slice path, struct snapshot *text),
		       void *payload)
{
	(void)self, (void)root, (void)fn, (void)payload;
}

void host_cli_notice(struct host_cli *h, const char *words)
{
	if (!h->json && !h->quiet)
		notice_give(&h->notice, h->log, uv_now(h->loop), words);
}

static struct host_ask *permission(void *self, struct task *t, const struct permission_request *r,
				   permission_cb *done, void *payload)
{
	struct host_cli *h = self;
	struct permission_request as_shown = *r;

	(void)t;
	begin_line(h);
	host_cli_notice(h, "a question");
	h->asked = true;
	as_shown.streamed = r->streamed && !h->json; /* else nobody has seen it */
	return asker_permission(&h->asker, &as_shown, done, payload);
}

static struct host_ask *question(void *self, struct task *t, const struct question *q,
				 question_cb *done, void *payload)
{
	struct host_cli *h = self;

	(void)t;
	begin_line(h);
	host_cli_notice(h, "a question");
	return asker_question(&h->asker, q, done, payload);
}

static void drop(void *self, struct host_ask *ask)
{
	struct host_cli *h = self;

	asker_drop(&h->asker, ask);
}

static void event_as_json(struct host_cli *h, const struct task_event *ev)
{
	struct buf b;
	struct jw w;

	buf_init(&b, LIMIT_LOG_EVENT_BYTES);
	jw_init(&w, &b);
	event_write(&w, ev);
	buf_putc(&b, '\n');
	if (!b.full)
		term_raw(h->answer, buf_slice(&b));
	buf_release(&b);
}

static void event(void *self, struct task *t, const struct task_event *ev)
{
	struct host_cli *h = self;

	if (h->json)
		event_as_json(h, ev);
	else
		event_as_text(h, ev);
	if (ev->kind != TASK_TEXT)
		live_show(&h->live);
	if (!term_flush(h->answer) && !h->stdout_gone) {
		h->stdout_gone = true; /* nobody reads: nobody wants it to go on */
		if (t && ev->kind != TASK_FINISHED)
			task_cancel(t);
	}
}

static void show(void *self, struct task *t, struct slice path, struct slice title)
{
	struct host_cli *h = self;
	struct json_line l;
	struct jw *w;

	(void)t;
	if (!h->json) {
		if (!h->quiet) {
			begin_line(h);
			term_printf(h->log, "The report is kept in ");
			term_line(h->log, TERM_PLAIN, path, 4096);
			term_printf(h->log, "\n");
		}
		return;
	}
	w = json_line_begin(&l, "report");
	jw_kstr(w, "path", path);
	jw_kstr(w, "title", title);
	json_line_end(&l, h->answer);
}

static bool attended(void *self)
{
	return ((struct host_cli *)self)->asker.tty != NULL;
}

static const struct host_ops ops = {
	.buffer = no_buffer,
	.each_buffer = no_buffers,
	.edit = NULL, /* there is no buffer to edit */
	.permission = permission,
	.question = question,
	.drop = drop,
	.event = event,
	.show = show,
	.attended = attended,
};

/* The operations go through a peer_host, which answers for the buffers of editors that are open
 * beside this terminal. */
void host_cli_init(struct host_cli *h, struct cli *c, struct cli_loop *l, bool report)
{
	*h = (struct host_cli){ .cli = c,
				.answer = &c->out,
				.json = cli_given(c, OPT_JSON),
				.quiet = cli_given(c, OPT_QUIET),
				.verbose = cli_given(c, OPT_VERBOSE) };
	h->loop = &l->uv;
	notice_seen(&h->notice, uv_now(&l->uv));
	h->log = report ? &c->log : &c->out;
	if (cli_given(c, OPT_OUTPUT_SCHEMA) && !h->json) /* stdout is for the value alone */
		h->answer = h->log = &c->log;
	h->host = peer_host_init(&h->others, (struct host){ &ops, h }, l->peers, &l->board);
	asker_init(&h->asker, l, h->log, h->json);
	live_init(&h->live, &l->uv, h->log, h->answer, &h->asker);
	markdown_init(&h->markdown, h->answer);
	buf_init(&h->tail, 2 * HOST_TAIL_BYTES);
	h->live.printed = &h->tail;
	buf_init(&h->reads, 4 * ROW_BYTES);
	buf_init(&h->held, 8 * ROW_BYTES);
	buf_init(&h->hidden, 8 * ROW_BYTES);
}

void host_cli_close(struct host_cli *h)
{
	live_close(&h->live);
	asker_close(&h->asker);
	buf_release(&h->tail);
	buf_release(&h->reads);
	buf_release(&h->held);
	buf_release(&h->hidden);
	markdown_release(&h->markdown);
}
