/* messages.c - see messages.h */
#include "lsp/editor/messages.h"

#include <stdarg.h>
#include <stdio.h>

#include "protocol/base/utf8.h"

enum { WAITING_BYTES = 64 * 1024 };

void messages_init(struct messages *m, struct conn *conn, const struct client *client)
{
	*m = (struct messages){ .conn = conn, .client = client };
	buf_init(&m->waiting, WAITING_BYTES);
}

void messages_release(struct messages *m)
{
	buf_release(&m->waiting);
}

/* For one line that a person reads: what the model says is not trusted to be harmless there. */
struct slice shown_text(struct arena *a, const struct client *client, struct slice text, size_t max)
{
	struct buf clean, out;
	struct slice s, result;
	bool blank = true; /* no blanks at the start, one at most in a row */

	/* Cutting a huge text first: cleaning makes a byte three at most. */
	buf_init(&clean, 8 * max + 16);
	utf8_sanitize(&clean, slice_sub(text, 0, 2 * max));
	buf_init(&out, 8 * max + 16);
	s = buf_slice(&clean);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '\n' || c == '\r' || c == '\t' || c == ' ') {
			if (!blank)
				buf_putc(&out, ' ');
			blank = true;
			continue;
		}
		/* "[words](command:NAME)" would be a link, and a click on words of the model a
		 * command of the editor. */
		if (c == '(' && out.len > 0 && out.data[out.len - 1] == ']')
			buf_putc(&out, ' ');
		blank = false;
		if (c == '%' && client->kind == CLIENT_EGLOT)
			buf_puts(&out, "\xef\xbc\x85"); /* full-width per cent sign */
		else
			buf_putc(&out, c);
	}
	s = slice_trim(buf_slice(&out));
	if (s.len > max) {
		size_t n = utf8_complete_prefix(slice_sub(s, 0, max - 3));

		result = arena_printf(a, "%.*s\xe2\x80\xa6", (int)n, s.ptr);
	} else {
		result = arena_dup(a, s);
	}
	buf_release(&clean);
	buf_release(&out);
	return result;
}

static void send_text(struct messages *m, const char *method, int type, struct slice text)
{
	struct arena a;
	struct jw *w;

	arena_init(&a);
	text = shown_text(&a, m->client, text, MESSAGE_SHOWN_BYTES);
	w = conn_notify_begin(m->conn, method);
	jw_object(w);
	jw_ki64(w, "type", type);
	jw_kstr(w, "message", text);
	jw_end(w);
	conn_notify_end(m->conn);
	arena_release(&a);
}

static const char *method_of(char letter)
{
	return letter == 's' ? "window/showMessage" : "window/logMessage";
}

PRINTF(4, 0)
/* Before `initialized` nothing may be sent: it waits, a line for each, a letter for its method in
 * front. */
static void message(struct messages *m, char letter, enum lsp_message_type type, const char *fmt,
		    va_list ap)
{
	char text[2048];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (m->ready) {
		send_text(m, method_of(letter), (int)type, slice_of(text));
		return;
	}
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	buf_printf(&m->waiting, "%c%d%s\n", letter, (int)type, text);
}

void messages_show(struct messages *m, enum lsp_message_type type, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(m, 's', type, fmt, ap);
	va_end(ap);
}

void messages_log(struct messages *m, enum lsp_message_type type, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(m, 'l', type, fmt, ap);
	va_end(ap);
}

void messages_ready(struct messages *m)
{
	struct slice rest = buf_slice(&m->waiting), line;

	m->ready = true;
	while (slice_next_line(&rest, &line))
		if (line.len > 2)
			send_text(m, method_of(line.ptr[0]), line.ptr[1] - '0',
				  slice_sub(line, 2, line.len));
	buf_release(&m->waiting);
	buf_init(&m->waiting, WAITING_BYTES);
}
