/* asker.c - see asker.h
 *
 *   queue: [first: on the screen] [second] ...
 *
 *   IDLE --first of the queue, a page drawn--> SETTLING --a moment, input flushed--> READING
 *    ^                                            ^                                    |
 *    |                                            '------ "the next page, please" -----+
 *    '-- a line is typed, time is up, the terminal closes: out of the queue, its job --'
 *        posted --> done() from the loop, free; then the next of the queue
 */
#include "agent/cli/ask/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "agent/cli/ask/ask_text.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* SETTLE_MS: a hand that was typing something else needs about this long to stop. */
enum { LINE_MAX_BYTES = 64 * 1024, SETTLE_MS = 300, APPROVED_BYTES = 4 * 1024 * 1024 };
/* Rows of a page that are not the sheet's: the title that is repeated, and the choices. */
enum { OTHER_ROWS = 6, LEAST_ROWS = 6 };

/* Owned by the queue until it is settled, then by its job: deliver() frees it. asker_drop() may
 * come in either time. */
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
	struct permission_answer answer;
	struct slice text;
	struct err why; /* ERR_NONE: it was answered */
};

static void show_next(struct asker *a);

/* From the loop and never inside asker_permission(): whoever asks must have the handle before
 * the answer comes. */
static void deliver(struct job *j)
{
	struct host_ask *ask = container_of(j, struct host_ask, job);
	const struct err *why = ask->why.code == ERR_NONE ? NULL : &ask->why;

	if (ask->is_question)
		ask->question_done(ask->payload, ask->text, why);
	else
		ask->permission_done(ask->payload, &ask->answer, why);
	arena_release(&ask->arena);
	free(ask);
}

static struct host_ask *first(struct asker *a)
{
	return container_of(a->queue.next, struct host_ask, link);
}

static void on_timer(uv_timer_t *h);
static void on_readable(uv_poll_t *h, int status, int events);

/* The only writer of a->state. Whether the terminal is taken, and how long the person was waited
 * for, changes with it. */
static void asker_goto(struct asker *a, enum asker_state next)
{
	static const char *const name[] = { "IDLE", "SETTLING", "READING" };
	bool changes = (a->state == ASKER_IDLE) != (next == ASKER_IDLE);

	log_debug("asker: %s -> %s", name[a->state], name[next]);
	a->state = next;
	(void)uv_poll_stop(&a->poll);
	(void)uv_timer_stop(&a->timer);
	if (changes && next == ASKER_IDLE)
		a->waited_ms += uv_now(a->timer.loop) - a->since;
	else if (changes)
		a->since = uv_now(a->timer.loop);
	if (changes && a->takes)
		a->takes(a->payload, next != ASKER_IDLE);
	switch (next) {
	case ASKER_IDLE:
		break;
	case ASKER_SETTLING:
		(void)uv_timer_start(&a->timer, on_timer, SETTLE_MS, 0);
		break;
	case ASKER_READING:
		(void)uv_poll_start(&a->poll, UV_READABLE, on_readable);
		(void)uv_timer_start(&a->timer, on_timer, LIMIT_PERMISSION_MS, 0);
		break;
	}
}

/* The question on the screen has its answer, or `why` there is none. */
static void settle(struct asker *a)
{
	struct host_ask *ask = first(a);

	if (a->tty)
		asker_goto(a, ASKER_IDLE);
	if (!ask->is_question) {
		buf_clear(&a->approved);
		if (ask->why.code == ERR_NONE && ask->answer.choice != PERMISSION_DENY)
			buf_append(&a->approved, ask->request.diff);
	}
	list_remove(&ask->link);
	runq_post(a->runq, &ask->job);
	show_next(a);
}

static void unanswered(struct asker *a, enum err_code code, const char *why)
{
	(void)err_set(&first(a)->why, code, "%s", why);
	first(a)->answer.choice = PERMISSION_DENY;
	settle(a);
}

/* --- what is on the screen --- */

static bool has_more(const struct asker *a)
{
	return a->rows_shown < a->sheet.n;
}

/* Asked for each page: the window may have another size by now. */
static void screen_size(const struct asker *a, unsigned *rows, unsigned *columns)
{
	struct winsize w = { .ws_row = 0 };

	if (ioctl(a->fd, TIOCGWINSZ, &w) != 0 || w.ws_row == 0 || w.ws_col == 0)
		w = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	*rows = w.ws_row > OTHER_ROWS + LEAST_ROWS ? w.ws_row - OTHER_ROWS : LEAST_ROWS;
	*columns = w.ws_col;
}

/* all: without a stop. The end of what needed more than one page names again what is asked. */
static void show_page(struct asker *a, bool all)
{
	unsigned rows, columns;
	size_t from = a->rows_shown;

	screen_size(a, &rows, &columns);
	a->rows_shown = all || a->sheet.n - from <= rows ? a->sheet.n : from + rows;
	sheet_put(&a->sheet, &a->out, from, a->rows_shown);
	if (from > 0 && !has_more(a))
		sheet_put(&a->sheet, &a->out, 0, 1);
	(void)term_flush(&a->out);
	asker_goto(a, ASKER_SETTLING);
}

static void put_prompt(struct asker *a)
{
	const struct host_ask *ask = first(a);

	if (ask->is_question)
		term_raw(&a->out, ask->question.n_options ? SLICE("number, or your own answer > ")
							  : SLICE("> "));
	else if (has_more(a))
		ask_text_more(&a->out, a->rows_shown, a->sheet.n);
	else
		ask_text_choices(&a->out, &ask->request);
	(void)term_flush(&a->out);
}

/* SETTLING is over: what was typed until now is thrown away, in the kernel's queue and in ours,
 * and the prompt appears. In READING it is the deadline. */
static void on_timer(uv_timer_t *h)
{
	struct asker *a = h->data;

	if (a->state == ASKER_SETTLING) {
		(void)tcflush(a->fd, TCIFLUSH);
		buf_clear(&a->line);
		put_prompt(a);
		asker_goto(a, ASKER_READING);
	} else {
		term_raw(&a->out, SLICE("\n"));
		(void)term_flush(&a->out);
		unanswered(a, ERR_DENIED, "nobody answered within ten minutes");
	}
}

/* --- what is typed --- */

static bool is_word(struct slice line, const char *letter, const char *word)
{
	return slice_eq_cstr(line, letter) || slice_eq_cstr(line, word);
}

/* "n", "no", "n WHY": the reason may be empty. */
static bool take_no(struct host_ask *ask, struct slice line)
{
	struct slice word = slice_sub(line, 0, slice_find_byte(line, ' ', 0));

	if (!is_word(word, "n", "no"))
		return false;
	ask->answer = (struct permission_answer){
		PERMISSION_DENY,
		arena_dup(&ask->arena, slice_trim(slice_sub(line, word.len, line.len)))
	};
	return true;
}

static bool take_permission(struct host_ask *ask, struct slice line)
{
	const struct permission_request *r = &ask->request;

	if (is_word(line, "y", "yes"))
		ask->answer.choice = PERMISSION_ONCE;
	else if (r->rule.len > 0 && is_word(line, "a", "always"))
		ask->answer.choice = PERMISSION_ALWAYS;
	else if (r->rule.len > 0 && r->can_save && is_word(line, "s", "save"))
		ask->answer.choice = PERMISSION_SAVED;
	else
		return take_no(ask, line);
	return true;
}

/* A number of one of the options stands for it; anything else is the answer itself. */
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

/* A yes is not heard before all was seen; a no always is, and a question has nothing to hide. */
static void on_line(struct asker *a, struct slice line)
{
	struct host_ask *ask = first(a);

	line = slice_trim(line);
	if (ask->is_question) {
		if (take_answer(ask, line)) {
			settle(a);
			return;
		}
	} else if (has_more(a)) {
		if (line.len == 0 || is_word(line, "w", "whole")) {
			show_page(a, line.len > 0);
			return;
		}
		if (take_no(ask, line)) {
			settle(a);
			return;
		}
		term_raw(&a->out, SLICE("  There is more to see before you can say yes.\n"));
	} else if (take_permission(ask, line)) {
		settle(a);
		return;
	} else {
		ask_text_help(&a->out, &ask->request);
	}
	put_prompt(a);
}

/* A line at a time, blocking for none. The descriptor's end is a no. */
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
		term_raw(&a->out, SLICE("\n"));
		(void)term_flush(&a->out);
		unanswered(a, ERR_DENIED, "the terminal was closed before there was an answer");
		return;
	}
	buf_append(&a->line, slice_make(text, (size_t)n));
	nl = slice_find_byte(buf_slice(&a->line), '\n', 0);
	if (nl == SIZE_MAX && !a->line.full)
		return;
	/* What stands behind the first line end was typed before the next prompt stood there. */
	buf_init(&line, LINE_MAX_BYTES);
	buf_append(&line, slice_sub(buf_slice(&a->line), 0, nl));
	buf_clear(&a->line);
	on_line(a, buf_slice(&line));
	buf_release(&line);
}

/* The rows are laid out once, for the width of now; show_page() shows as many as the screen has. */
static void show_next(struct asker *a)
{
	struct host_ask *ask;
	unsigned rows, columns;

	if (list_empty(&a->queue))
		return;
	if (!a->tty) {
		unanswered(a, ERR_DENIED, "there is no terminal to ask on");
		return;
	}
	ask = first(a);
	screen_size(a, &rows, &columns);
	sheet_init(&a->sheet, &ask->arena, columns);
	if (ask->is_question)
		ask_text_question(&a->sheet, &ask->question);
	else
		ask_text_request(&a->sheet, &ask->request);
	a->rows_shown = 0;
	term_fresh_line(a->screen);
	(void)term_flush(a->screen);
	show_page(a, ask->is_question);
}

/* --- from outside --- */

static struct host_ask *new_ask(void *payload)
{
	struct host_ask *ask = xcalloc(1, sizeof(*ask));

	arena_init(&ask->arena);
	job_init(&ask->job, deliver);
	ask->payload = payload;
	ask->answer = (struct permission_answer){ PERMISSION_DENY, SLICE("") };
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
	struct host_ask *ask = new_ask(payload);

	ask->request = permission_request_dup(&ask->arena, r);
	ask->permission_done = done;
	return enqueue(a, ask);
}

struct host_ask *asker_question(struct asker *a, const struct question *q, question_cb *done,
				void *payload)
{
	struct host_ask *ask = new_ask(payload);
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
	bool shown = a->state != ASKER_IDLE && !list_empty(&a->queue) && first(a) == ask;

	if (shown) {
		asker_goto(a, ASKER_IDLE);
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

bool asker_showed(const struct asker *a, struct slice diff)
{
	return diff.len > 0 && slice_find(buf_slice(&a->approved), diff, 0) != SIZE_MAX;
}

/* A description of its own, for O_NONBLOCK and what poll does to it must not reach the shell's.
 * With --json a program reads stdout, so that a person is there only if stdin is a terminal. */
static int open_terminal(bool json)
{
	int flags = O_RDWR | O_NOCTTY | O_CLOEXEC, fd = -1;

	if (isatty(STDIN_FILENO) == 1)
		fd = open("/proc/self/fd/0", flags);
	if (fd < 0 && !json && isatty(STDERR_FILENO) == 1)
		fd = open("/dev/tty", flags);
	return fd;
}

/* Two descriptions: FILE buffers what is written, and reading goes by the other one. */
void asker_init(struct asker *a, struct cli_loop *l, struct term *screen, bool json)
{
	int out = open_terminal(json);

	*a = (struct asker){ .runq = &l->runq, .screen = screen, .fd = -1 };
	list_init(&a->queue);
	buf_init(&a->line, LINE_MAX_BYTES);
	buf_init(&a->approved, APPROVED_BYTES);
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
	buf_release(&a->approved);
	if (!a->tty)
		return;
	uv_close((uv_handle_t *)&a->poll, NULL);
	uv_close((uv_handle_t *)&a->timer, NULL);
	(void)fclose(a->tty);
	(void)close(a->fd);
	a->tty = NULL;
}
