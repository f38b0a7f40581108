/* output.c - see output.h. The first half of LIMIT_OUTPUT_BYTES is kept as it comes, of the rest the last
 * half: `tail` grows to twice its size before it is cut, so that not every byte moves it. The file begins
 * when the output is longer than what the model is shown, as most are not. */
#include "agent/worker/output.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/base/limits.h"
#include "protocol/base/log.h"

enum { HALF_BYTES = LIMIT_OUTPUT_BYTES / 2 };

void output_init(struct output *o, bool keeps)
{
	*o = (struct output){ .keeps = keeps, .file = -1 };
	buf_init(&o->head, HALF_BYTES);
	buf_init(&o->tail, 2 * HALF_BYTES);
}

/* A file that ends somewhere unsaid would be taken for all of it. */
static void give_up(struct output *o)
{
	log_warn("a command's output is not kept in a file: %s", strerror(errno));
	if (o->file >= 0)
		(void)close(o->file);
	o->file = -1;
	o->keeps = false;
}

static void write_file(struct output *o, struct slice s)
{
	s = slice_sub(s, 0, LIMIT_OUTPUT_LOG_BYTES - o->in_file);
	while (s.len > 0 && o->keeps) {
		ssize_t n = write(o->file, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			give_up(o);
			return;
		}
		o->in_file += (uint64_t)n;
		s = slice_sub(s, (size_t)n, s.len);
	}
}

/* From the byte on with which it is longer than what the model gets. Until then all of it is in `head`. */
static void keep(struct output *o, struct slice s)
{
	if (!o->keeps || o->total + s.len <= LIMIT_OUTPUT_SHOWN_BYTES)
		return;
	if (o->file < 0) {
		o->file = memfd_create("output", MFD_CLOEXEC);
		if (o->file < 0) {
			give_up(o);
			return;
		}
		write_file(o, buf_slice(&o->head));
	}
	write_file(o, s);
}

void output_add(struct output *o, struct slice s)
{
	size_t room = HALF_BYTES - o->head.len;

	keep(o, s);
	o->total += s.len;
	buf_append(&o->head, slice_sub(s, 0, room));
	s = slice_sub(s, room, s.len);
	if (s.len > HALF_BYTES)
		s = slice_sub(s, s.len - HALF_BYTES, s.len);
	if (o->tail.len + s.len > 2 * HALF_BYTES)
		buf_consume(&o->tail, o->tail.len - HALF_BYTES);
	buf_append(&o->tail, s);
}

bool output_truncated(const struct output *o)
{
	return o->total > 2 * (uint64_t)HALF_BYTES;
}

void output_text(const struct output *o, struct buf *out)
{
	struct slice tail = buf_slice(&o->tail);

	if (tail.len > HALF_BYTES)
		tail = slice_sub(tail, tail.len - HALF_BYTES, tail.len);
	buf_append(out, buf_slice(&o->head));
	if (output_truncated(o))
		buf_printf(out, "\n[... %llu bytes left out ...]\n",
			   (unsigned long long)(o->total - o->head.len - tail.len));
	buf_append(out, tail);
}

void output_release(struct output *o)
{
	buf_release(&o->head);
	buf_release(&o->tail);
	if (o->file >= 0)
		(void)close(o->file);
}
