/* nats_wire.c - see nats_wire.h */
#include "agent/fleet/nats_wire.h"

#include <strings.h>

void nats_wire_init(struct nats_wire *w, nats_msg_fn *fn, void *payload)
{
	*w = (struct nats_wire){ .fn = fn, .payload = payload };
	buf_init(&w->in, NATS_LINE_MAX + NATS_PAYLOAD_MAX + 2);
}

void nats_wire_release(struct nats_wire *w)
{
	buf_release(&w->in);
}

/* --- one operation --- */

enum { WORDS_MAX = 6 };

static size_t split(struct slice line, struct slice words[WORDS_MAX])
{
	size_t n = 0, at = 0;

	while (at < line.len && n < WORDS_MAX) {
		size_t from;

		while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
			at++;
		from = at;
		while (at < line.len && line.ptr[at] != ' ' && line.ptr[at] != '\t')
			at++;
		if (at > from)
			words[n++] = slice_sub(line, from, at);
	}
	return n;
}

static bool number(struct slice s, uint64_t *out)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > 18)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	*out = n;
	return true;
}

static bool is_word(struct slice word, const char *name)
{
	return word.len == strlen(name) && strncasecmp(word.ptr, name, word.len) == 0;
}

/* What it said is shown without its control characters: it goes into a log. */
static bool strange(struct slice line, struct err *err)
{
	char shown[48];
	size_t n = line.len < sizeof(shown) - 1 ? line.len : sizeof(shown) - 1;

	for (size_t i = 0; i < n; i++)
		shown[i] = line.ptr[i] >= ' ' && line.ptr[i] < 0x7f ? line.ptr[i] : '?';
	shown[n] = '\0';
	return err_set(err, ERR_INVALID, "it is no NATS server: \"%s\"", shown);
}

/* Of a message that is whole, or of which `need` bytes must come. line: without its end.
 * The subject's words are checked by the server; here only the numbers matter, as they say how far
 * to read. */
static bool read_message(struct nats_wire *w, struct slice line, size_t begin, struct nats_msg *m,
			 size_t *used, struct err *err)
{
	struct slice words[WORDS_MAX], all = buf_slice(&w->in);
	size_t n = split(line, words), sizes;
	bool headers = is_word(words[0], "HMSG");
	uint64_t head = 0, size = 0;

	sizes = headers ? 2 : 1;
	if (n != 3 + sizes && n != 4 + sizes)
		return strange(line, err);
	m->subject = words[1];
	m->reply = n == 3 + sizes ? SLICE("") : words[3];
	if (!number(words[2], &m->sid) || !number(words[n - 1], &size) ||
	    (headers && !number(words[n - 2], &head)) || head > size)
		return strange(line, err);
	if (size > NATS_PAYLOAD_MAX)
		return err_set(err, ERR_TOO_LARGE, "a message has more than %d bytes",
			       NATS_PAYLOAD_MAX);
	*used = begin + size + 2;
	if (all.len < *used)
		return true;
	m->op = NATS_MSG;
	m->header = slice_sub(all, begin, begin + head);
	m->payload = slice_sub(all, begin + head, begin + size);
	return slice_eq(slice_sub(all, begin + size, *used), SLICE("\r\n")) || strange(line, err);
}

static const struct {
	const char *name;
	enum nats_op op;
} lines[] = {
	{ "INFO", NATS_INFO }, { "PING", NATS_PING }, { "PONG", NATS_PONG },
	{ "+OK", NATS_OK },    { "-ERR", NATS_ERR },
};

/* *used: bytes of the next operation; more than there are: wait for them; 0: not even its line is there. */
static bool read_next(struct nats_wire *w, struct nats_msg *m, size_t *used, struct err *err)
{
	struct slice all = buf_slice(&w->in), words[WORDS_MAX], line;
	size_t end = slice_find(all, SLICE("\r\n"), 0);

	*used = 0;
	*m = (struct nats_msg){ .text = SLICE(""), .reply = SLICE(""), .header = SLICE("") };
	if (end == SIZE_MAX)
		return all.len <= NATS_LINE_MAX || err_set(err, ERR_TOO_LARGE, "a line has no end");
	line = slice_sub(all, 0, end);
	if (split(line, words) == 0)
		return strange(line, err);
	if (is_word(words[0], "MSG") || is_word(words[0], "HMSG"))
		return read_message(w, line, end + 2, m, used, err);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (!is_word(words[0], lines[i].name))
			continue;
		m->op = lines[i].op;
		m->text = slice_trim(slice_sub(line, words[0].len, line.len));
		*used = end + 2;
		return true;
	}
	return strange(line, err);
}

/* `need` keeps a long payload from being looked at with each of its pieces. */
bool nats_wire_feed(struct nats_wire *w, struct slice bytes, struct err *err)
{
	struct nats_msg m;
	size_t used;

	buf_append(&w->in, bytes);
	if (w->in.full)
		return err_set(err, ERR_TOO_LARGE, "it sends too much at once");
	while (w->in.len > 0 && w->in.len >= w->need) {
		if (!read_next(w, &m, &used, err))
			return false;
		w->need = used > w->in.len ? used : 0;
		if (used == 0 || w->need > 0)
			return true;
		if (!w->fn(w->payload, &m))
			return true;
		buf_consume(&w->in, used);
	}
	return true;
}

/* --- headers and subjects --- */

/* The first line is the version and has no colon at the end of a name, so it is never taken for a
 * header. */
struct slice nats_header(struct slice header, const char *name)
{
	struct slice rest = header, line;
	size_t len = strlen(name);

	while (slice_next_line(&rest, &line)) {
		if (line.len > len && line.ptr[len] == ':' && strncasecmp(line.ptr, name, len) == 0)
			return slice_trim(slice_sub(line, len + 1, line.len));
	}
	return SLICE("");
}

unsigned nats_header_status(struct slice header)
{
	struct slice words[WORDS_MAX], rest = header, line;
	uint64_t status = 0;

	if (!slice_starts(header, SLICE("NATS/1.0 ")) || !slice_next_line(&rest, &line) ||
	    split(slice_trim(line), words) < 2 || !number(words[1], &status) || status > 999)
		return 0;
	return (unsigned)status;
}

bool nats_is_word(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_'))
			return false;
	}
	return s.len > 0;
}

bool nats_is_subject(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] == '*' || s.ptr[i] == '>' || s.ptr[i] == 0x7f)
			return false;
	}
	return s.len > 0 && s.len <= NATS_SUBJECT_MAX;
}
