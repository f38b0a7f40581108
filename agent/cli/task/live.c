/* live.c - see live.h */
#include "agent/cli/task/live.h"

#include <stdlib.h>

#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

/* What is over at once needs no line. */
enum { TICK_MS = 500, LEAST_COLUMNS = 20 };

void live_hide(struct live *l)
{
	if (!l->on || l->drawn == 0)
		return;
	(void)fprintf(l->log->file, "\r%*s\r", (int)l->drawn, "");
	(void)fflush(l->log->file);
	l->drawn = 0;
}

static void draw(struct live *l)
{
	uint64_t now = uv_now(l->timer.loop);
	unsigned width = term_columns(l->log), used;
	struct slice what;
	char tail[96] = "";
	struct buf b;
	int n;

	n = snprintf(tail, sizeof(tail), "   %.0f s", (double)(now - l->since_ms) / 1000.0);
	if (l->tokens > 0)
		n += snprintf(tail + n, sizeof(tail) - (size_t)n, "   %llu tokens   $%.2f",
			      (unsigned long long)l->tokens, l->usd);
	if (width < LEAST_COLUMNS + (unsigned)n)
		return;
	buf_init(&b, 8 * sizeof(l->what));
	visible_line(&b, slice_of(l->what));
	/* The last column stays free: some terminals go to the next line when it is filled. */
	what = slice_sub(buf_slice(&b), 0, visible_fit(buf_slice(&b), width - 1 - (unsigned)n));
	used = visible_width(what);
	live_hide(l);
	(void)fprintf(l->log->file, "%.*s%s", SLICE_ARG(what), tail);
	(void)fflush(l->log->file);
	l->drawn = used + (unsigned)n;
	buf_release(&b);
}

static void on_tick(uv_timer_t *h)
{
	struct live *l = h->data;

	if (l->what[0] && l->asker->state == ASKER_IDLE && !l->log->mid_line &&
	    !l->answer->mid_line)
		draw(l);
}

void live_init(struct live *l, uv_loop_t *loop, struct term *log, struct term *answer,
	       struct asker *asker)
{
	const char *kind = getenv("TERM");

	*l = (struct live){ .log = log, .answer = answer, .asker = asker };
	if (!log->tty || (kind && strcmp(kind, "dumb") == 0))
		return;
	l->on = true;
	(void)uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	l->since_ms = uv_now(loop);
	(void)uv_timer_start(&l->timer, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)&l->timer);
}

void live_say(struct live *l, struct slice what)
{
	if (!l->on)
		return;
	l->since_ms = uv_now(l->timer.loop);
	(void)snprintf(l->what, sizeof(l->what), "%.*s", SLICE_ARG(what));
	l->what[utf8_complete_prefix(slice_of(l->what))] = '\0';
}

void live_usage(struct live *l, const struct usage *u)
{
	l->tokens = u->input + u->cache_read + u->cache_write + u->output;
	l->usd = u->usd;
}

void live_close(struct live *l)
{
	if (!l->on)
		return;
	live_hide(l);
	l->on = false;
	uv_close((uv_handle_t *)&l->timer, NULL);
}
