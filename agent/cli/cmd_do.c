/* cmd_do.c - emend do TASK */
#include <errno.h>
#include <unistd.h>

#include "agent/cli/task/task_cmd.h"
#include "protocol/base/limits.h"

/* The task from stdin: `emend do - <task.txt`. */
static bool read_task(struct cli *c, struct slice *out, struct err *err)
{
	struct buf b;
	char text[4096];
	ssize_t n;

	buf_init(&b, LIMIT_SELECTION_BYTES);
	while ((n = read(STDIN_FILENO, text, sizeof(text))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		buf_append(&b, slice_make(text, (size_t)n));
	}
	*out = arena_dup(&c->arena, slice_trim(buf_slice(&b)));
	if (n < 0)
		(void)err_set(err, ERR_IO, "Cannot read the task from the standard input.");
	else if (b.full)
		(void)err_set(err, ERR_TOO_LARGE, "A task has at most %d bytes.",
			      LIMIT_SELECTION_BYTES);
	n = n < 0 || b.full ? -1 : 0;
	buf_release(&b);
	return n == 0;
}

int cmd_do(struct cli *c)
{
	struct task_spec spec = { .instruction = task_words(c, 0) };
	struct place p = { .loaded = false };
	struct err err = { 0 };
	int status;

	if (slice_eq_cstr(spec.instruction, "-") && !read_task(c, &spec.instruction, &err))
		return cli_fail(c, &err);
	if (slice_trim(spec.instruction).len == 0)
		return cli_usage(
			c,
			"What is the task? For example: emend do \"make the failing test pass\"");
	if (place_init(&p, c, &err))
		status = task_cmd(c, &p, &spec, false);
	else
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}
