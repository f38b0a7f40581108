/* asker.c - see asker.h
 *
 *   queue: [first: on the screen] [second] ...
 *               | a line is typed, time is up, the terminal closes
 *               '--> out of the queue, its job posted --> done() from the loop, free
 */
#include "agent/cli/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { LINE_MAX_BYTES = 64 * 1024, SUBJECT_SHOWN_BYTES = 2000 };

struct host_ask {
	struct list link;
	struct job job;
	struct arena arena;
	bool is_question;
	struct permission_request request; /* or */
	struct question question;
	permission_cb *permission_done;
	question_cb *question_done;
	void *payload;
	enum permission answer;
	struct slice text;
	struct err why; /* ERR_NONE: it was answered */
};

static void show_next(struct asker *a);

static void deliver(struct job *j)
{
	struct host_ask *ask = container_of(j, struct host_ask, job);
	const struct err *why = ask->why.code == ERR_NONE ? NULL : &ask->why;

	if (ask->is_question)
		ask->question_done(ask->payload, ask->text, why);
	else
		ask->permission_done(ask->payload, ask->answer, why);
	arena_release(&ask->arena);
	free(ask);
}

static struct host_ask *first(struct asker *a)
{
	return container_of(a->queue.next, struct host_ask, link);
}

static void stop_asking(struct asker *a)
{
	if (!a->asking)
		return;
	a->asking = false;
	(void)uv_poll_stop(&a->poll);
	(void)uv_timer_stop(&a->timer);
}

/* The question on the screen has its answer, or `why` there is none. */
static void settle(struct asker *a)
{
	struct host_ask *ask = first(a);

	stop_asking(a);
	list_remove(&ask->link);
	runq_post(a->runq, &ask->job);
	show_next(a);
}

static void unanswered(struct asker *a, enum err_code code, const char *why)
{
	(void)err_set(&first(a)->why, code, "%s", why);
	first(a)->answer = PERMISSION_DENY;
	settle(a);
}

/* --- what is on the screen --- */

static void put_request(struct term *t, const struct permission_request *r)
{
	term_text(t, TERM_YELLOW, SLICE("? "));
	term_line(t, TERM_BOLD, r->title, 200);
	term_raw(t, SLICE(": "));
	term_line(t, TERM_PLAIN, r->subject, SUBJECT_SHOWN_BYTES);
	term_raw(t, SLICE("\n"));
	if (r->reason.len > 0) {
		term_raw(t, SLICE("  the model says: "));
		term_line(t, TERM_DIM, r->reason, 400);
		term_raw(t, SLICE("\n"));
	}
	if (r->diff.len > 0)
		term_diff(t, r->diff);
	term_raw(t, SLICE("  [y] yes, once   "));
	if (r->rule.len > 0) {
		term_raw(t, SLICE("[a] always: "));
		term_line(t, TERM_PLAIN, r->rule, 200);
		term_raw(t, SLICE("   "));
	}
	term_raw(t, SLICE("[n] no > "));
}

static void put_question(struct term *t, const struct question *q)
{
	term_text(t, TERM_YELLOW, SLICE("? "));
	term_text(t, TERM_BOLD, q->text);
	term_raw(t, SLICE("\n"));
	for (size_t i = 0; i < q->n_options; i++) {
		term_printf(t, "  [%zu] ", i + 1);
		term_line(t, TERM_PLAIN, q->options[i], 400);
		term_raw(t, SLICE("\n"));
	}
	term_raw(t, q->n_options ? SLICE("number, or your own answer > ") : SLICE("> "));
}

static bool take_permission(struct host_ask *ask, struct slice line)
{
	if (slice_eq_cstr(line, "y") || slice_eq_cstr(line, "yes"))
		ask->answer = PERMISSION_ONCE;
	else if (ask->request.rule.len > 0 &&
		 (slice_eq_cstr(line, "a") || slice_eq_cstr(line, "always")))
		ask->answer = PERMISSION_ALWAYS;
	else if (slice_eq_cstr(line, "n") || slice_eq_cstr(line, "no"))
		ask->answer = PERMISSION_DENY;
	else
		return false;
	return true;
}

static bool take_answer(struct host_ask *ask, struct slice line)
{
	size_t n = 0;

	if (line.len == 0)
		return false;
	for (size_t i = 0; i < line.len && i < 4; i++)
		n = line.ptr[i] >= '0' && line.ptr[i] <= '9' ? n * 10 + (size_t)(line.ptr[i] - '0')
							     : SIZE_MAX / 16;
	ask->text = n >= 1 && n <= ask->question.n_options && line.len < 4
			    ? ask->question.options[n - 1]
			    : arena_dup(&ask->arena, line);
	return true;
}

static void on_line(struct asker *a, struct slice line)
{
	struct host_ask *ask = first(a);

	line = slice_trim(line);
	if (ask->is_question ? take_answer(ask, line) : take_permission(ask, line)) {
		settle(a);
		return;
	}
	term_raw(&a->out, ask->is_question	      ? SLICE("> ")
			  : ask->request.rule.len > 0 ? SLICE("  y, a or n > ")
						      : SLICE("  y or n > "));
	(void)term_flush(&a->out);
}

static void on_readable(uv_poll_t *h, int status, int events)
{
	struct asker *a = h->data;
	char text[4096];
	ssize_t n = status < 0 ? 0 : read(a->fd, text, sizeof(text));
	struct buf line;
	size_t nl;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		unanswered(a, ERR_DENIED, "the terminal was closed before there was an answer");
		return;
	}
	buf_append(&a->line, slice_make(text, (size_t)n));
	nl = slice_find_byte(buf_slice(&a->line), '\n', 0);
	if (nl == SIZE_MAX && !a->line.full)
		return;
	/* What was typed ahead of the next question is no answer to it. */
	buf_init(&line, LINE_MAX_BYTES);
	buf_append(&line, slice_sub(buf_slice(&a->line), 0, nl));
	buf_clear(&a->line);
	on_line(a, buf_slice(&line));
	buf_release(&line);
}

static void on_late(uv_timer_t *h)
{
	struct asker *a = h->data;

	term_raw(&a->out, SLICE("\n"));
	unanswered(a, ERR_DENIED, "nobody answered within ten minutes");
}

static void show_next(struct asker *a)
{
	if (list_empty(&a->queue))
		return;
	if (!a->tty) {
		unanswered(a, ERR_DENIED,
			   "there is no terminal to ask on; allow it beforehand with --mode edit, "
			   "--mode auto (or --yes), or with a rule in permissions.allow");
		return;
	}
	term_fresh_line(a->screen);
	(void)term_flush(a->screen);
	if (first(a)->is_question)
		put_question(&a->out, &first(a)->question);
	else
		put_request(&a->out, &first(a)->request);
	(void)term_flush(&a->out);
	a->asking = true;
	buf_clear(&a->line);
	(void)uv_poll_start(&a->poll, UV_READABLE, on_readable);
	(void)uv_timer_start(&a->timer, on_late, LIMIT_PERMISSION_MS, 0);
}

/* --- from outside --- */

static struct host_ask *new_ask(struct asker *a, void *payload)
{
	struct host_ask *ask = xcalloc(1, sizeof(*ask));

	(void)a;
	arena_init(&ask->arena);
	job_init(&ask->job, deliver);
	ask->payload = payload;
	return ask;
}

static struct host_ask *enqueue(struct asker *a, struct host_ask *ask)
{
	bool alone = list_empty(&a->queue);

	list_append(&a->queue, &ask->link);
	if (alone)
		show_next(a);
	return ask;
}

struct host_ask *asker_permission(struct asker *a, const struct permission_request *r,
				  permission_cb *done, void *payload)
{
	struct host_ask *ask = new_ask(a, payload);
	struct arena *m = &ask->arena;

	ask->request = (struct permission_request){ .title = arena_dup(m, r->title),
						    .subject = arena_dup(m, r->subject),
						    .reason = arena_dup(m, r->reason),
						    .diff = arena_dup(m, r->diff),
						    .rule = arena_dup(m, r->rule) };
	ask->answer = PERMISSION_DENY;
	ask->permission_done = done;
	return enqueue(a, ask);
}

struct host_ask *asker_question(struct asker *a, const struct question *q, question_cb *done,
				void *payload)
{
	struct host_ask *ask = new_ask(a, payload);
	struct slice *options = arena_array(&ask->arena, q->n_options + 1, sizeof(*options));

	for (size_t i = 0; i < q->n_options; i++)
		options[i] = arena_dup(&ask->arena, q->options[i]);
	ask->is_question = true;
	ask->question = (struct question){ arena_dup(&ask->arena, q->text), options, q->n_options };
	ask->question_done = done;
	return enqueue(a, ask);
}

void asker_drop(struct asker *a, struct host_ask *ask)
{
	bool shown = a->asking && !list_empty(&a->queue) && first(a) == ask;

	if (shown) {
		stop_asking(a);
		term_raw(&a->out, SLICE("\n"));
		(void)term_flush(&a->out);
	}
	list_remove(&ask->link);
	job_drop(&ask->job);
	arena_release(&ask->arena);
	free(ask);
	if (shown)
		show_next(a);
}

static int open_terminal(bool json)
{
	int flags = O_RDWR | O_NOCTTY | O_CLOEXEC, fd = -1;

	if (isatty(STDIN_FILENO) == 1)
		fd = open("/proc/self/fd/0", flags);
	if (fd < 0 && !json && isatty(STDERR_FILENO) == 1)
		fd = open("/dev/tty", flags);
	return fd;
}

void asker_init(struct asker *a, struct cli_loop *l, struct term *screen, bool json)
{
	int out = open_terminal(json);

	*a = (struct asker){ .runq = &l->runq, .screen = screen, .fd = -1 };
	list_init(&a->queue);
	buf_init(&a->line, LINE_MAX_BYTES);
	if (out < 0)
		return;
	a->fd = open_terminal(json);
	a->tty = a->fd >= 0 ? fdopen(out, "w") : NULL;
	if (!a->tty || uv_poll_init(&l->uv, &a->poll, a->fd) != 0) {
		if (a->tty)
			(void)fclose(a->tty);
		else
			(void)close(out);
		if (a->fd >= 0)
			(void)close(a->fd);
		a->tty = NULL;
		return;
	}
	(void)uv_timer_init(&l->uv, &a->timer);
	a->poll.data = a->timer.data = a;
	term_init(&a->out, a->tty);
}

void asker_close(struct asker *a)
{
	buf_release(&a->line);
	if (!a->tty)
		return;
	uv_close((uv_handle_t *)&a->poll, NULL);
	uv_close((uv_handle_t *)&a->timer, NULL);
	(void)fclose(a->tty);
	(void)close(a->fd);
	a->tty = NULL;
}
