/* key_command.c - see key_command.h
 *
 *   RUNNING --timeout, too much output, drop--> KILLING (the whole group)
 *      | exited and end of output                  | exited
 *      +---------------> CLOSING <-----------------+
 *                           | last of three handles closed: done() unless dropped, freed
 *
 * A grandchild that keeps the pipe open does not hold the answer up: the line that has come counts.
 */
#include "agent/model/keys/key_command.h"

#include <signal.h>
#include <stdlib.h>

#include "protocol/base/buf.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum state { RUNNING, KILLING, CLOSING };

/* Freed when the last of its three handles has closed. The caller's pointer is void after done()
 * or key_command_drop(), whichever comes first. */
struct key_command {
	uv_process_t child;
	uv_pipe_t out;
	uv_timer_t deadline;
	int open; /* handles that are not closed yet */
	enum state state;
	bool exited, eof, timed_out, too_much;
	int64_t status;
	struct buf output;
	char piece[1024];
	const char *name;     /* for messages */
	key_command_cb *done; /* NULL: dropped */
	void *payload;
};

/* Only the first line counts: password managers print more behind it. Nothing of the output goes
 * into a message, as it may be the key. */
static void tell(struct key_command *k)
{
	struct slice rest = buf_slice(&k->output), line = { "", 0 };
	struct err err = { 0 };

	(void)slice_next_line(&rest, &line);
	line = slice_trim(line);
	if (k->timed_out)
		(void)err_set(&err, ERR_TIMEOUT,
			      "%s did not end within %d seconds. Run it by hand: it must "
			      "print the API key as its first line and ask nothing.",
			      k->name, KEY_COMMAND_MS / 1000);
	else if (k->too_much)
		(void)err_set(&err, ERR_PROVIDER,
			      "%s prints more than %d bytes; its first "
			      "line must be the API key.",
			      k->name, KEY_BYTES);
	else if (k->status != 0)
		(void)err_set(&err, ERR_PROVIDER,
			      "%s failed with status %d. Run it by "
			      "hand to see why.",
			      k->name, (int)k->status);
	else if (line.len == 0)
		(void)err_set(&err, ERR_PROVIDER,
			      "%s printed nothing; its first line must "
			      "be the API key.",
			      k->name);
	k->done(k->payload, line, err.code == ERR_NONE ? NULL : &err);
}

/* The key's bytes do not stay in freed memory. */
static void on_closed(uv_handle_t *h)
{
	struct key_command *k = h->data;

	if (--k->open > 0)
		return;
	if (k->done)
		tell(k);
	if (k->output.data)
		explicit_bzero(k->output.data, k->output.len);
	explicit_bzero(k->piece, sizeof(k->piece));
	buf_release(&k->output);
	free(k);
}

/* The group is killed while the child is not reaped yet: afterwards its number may be another's. */
static void key_goto(struct key_command *k, enum state next)
{
	static const char *const names[] = { "running", "killing", "closing" };

	log_debug("key command: %s -> %s", names[k->state], names[next]);
	k->state = next;
	if (next == KILLING && !k->exited && k->child.pid > 1)
		(void)kill(-k->child.pid, SIGKILL); /* gone already: fine */
	if (next != CLOSING)
		return;
	uv_close((uv_handle_t *)&k->child, on_closed);
	uv_close((uv_handle_t *)&k->out, on_closed);
	uv_close((uv_handle_t *)&k->deadline, on_closed);
}

static void key_step(struct key_command *k)
{
	bool failed = k->timed_out || k->too_much || !k->done;
	bool answered = k->eof || slice_find_byte(buf_slice(&k->output), '\n', 0) != SIZE_MAX;

	if (k->state == RUNNING && failed)
		key_goto(k, KILLING);
	if (k->state != CLOSING && k->exited && (answered || failed))
		key_goto(k, CLOSING);
}

static void on_child_exit(uv_process_t *child, int64_t status, int sig)
{
	struct key_command *k = child->data;

	k->exited = true;
	k->status = sig ? 128 + sig : status;
	key_step(k);
}

static void on_alloc(uv_handle_t *h, size_t want, uv_buf_t *out)
{
	struct key_command *k = h->data;

	(void)want;
	*out = uv_buf_init(k->piece, sizeof(k->piece));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *piece)
{
	struct key_command *k = s->data;

	if (n > 0)
		buf_append(&k->output, slice_make(piece->base, (size_t)n));
	k->too_much |= k->output.full;
	if (n < 0) {
		k->eof = true;
		(void)uv_read_stop(s);
	}
	key_step(k);
}

static void on_deadline(uv_timer_t *t)
{
	struct key_command *k = t->data;

	k->timed_out = true;
	key_step(k);
}

static int spawn(uv_loop_t *loop, struct key_command *k, const char *command)
{
	char sh[] = "/bin/sh", c[] = "-c", *copy = xstrdup(command);
	char *argv[] = { sh, c, copy, NULL };
	uv_stdio_container_t io[3] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		  .data.stream = (uv_stream_t *)&k->out },
		{ .flags = UV_IGNORE },
	};
	uv_process_options_t o = {
		.exit_cb = on_child_exit,
		.file = sh,
		.args = argv,
		.stdio = io,
		.stdio_count = 3,
		.flags = UV_PROCESS_DETACHED, /* a group of its own, to be killed as a whole */
	};
	int r = uv_spawn(loop, &k->child, &o);

	free(copy);
	return r;
}

struct key_command *key_command_start(uv_loop_t *loop, const char *command, const char *name,
				      key_command_cb *done, void *payload, struct err *err)
{
	struct key_command *k = xcalloc(1, sizeof(*k));
	int r;

	buf_init(&k->output, KEY_BYTES);
	k->payload = payload;
	k->name = name;
	k->open = 3;
	(void)uv_pipe_init(loop, &k->out, 0);
	(void)uv_timer_init(loop, &k->deadline);
	k->child.data = k->out.data = k->deadline.data = k;
	r = spawn(loop, k, command);
	k->child.data = k; /* uv_spawn() keeps it, but does not promise to */
	if (r < 0) {
		(void)err_set(err, ERR_PROVIDER, "%s cannot be started: %s.", name, uv_strerror(r));
		k->exited = true;
		key_goto(k, CLOSING); /* done is NULL: frees in silence */
		return NULL;
	}
	k->done = done;
	(void)uv_read_start((uv_stream_t *)&k->out, on_alloc, on_read);
	(void)uv_timer_start(&k->deadline, on_deadline, KEY_COMMAND_MS, 0);
	return k;
}

void key_command_drop(struct key_command *k)
{
	if (!k || !k->done)
		return;
	k->done = NULL;
	key_step(k);
}
