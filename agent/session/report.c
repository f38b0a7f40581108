/* report.c - see report.h */
#include "agent/session/report.h"

#include <fcntl.h>
#include <unistd.h>

#include "agent/session/task_own.h"
#include "agent/store/store_path.h"
#include "protocol/base/utf8.h"

/* The file has the task's id as its name, so it cannot exist yet; O_EXCL and O_NOFOLLOW see to
 * it that nothing else is written to. */
void report_show(struct task *t, struct slice markdown)
{
	struct slice dir = agent_state_dir(t->agent);
	struct slice path = arena_printf(&t->arena, "%.*s/sessions/%.*s/%s.md", SLICE_ARG(dir),
					 SLICE_ARG(t->session), t->id);
	struct buf text;
	bool ok;
	int fd;

	buf_init(&text, LIMIT_TURN_BYTES);
	buf_printf(&text, "# %.*s\n\n", SLICE_ARG(t->title));
	utf8_sanitize(&text, markdown);
	buf_putc(&text, '\n');
	fd = open(path.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = fd >= 0 && write_all(fd, buf_slice(&text));
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	buf_release(&text);
	if (ok)
		t->host.ops->show(t->host.self, t, path, t->title);
	else
		task_notice(t, arena_printf(&t->arena, "cannot write the report %s", path.ptr));
}
