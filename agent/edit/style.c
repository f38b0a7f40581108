/* style.c - the line ends, byte order mark and final newline of a text: see edit.h. The most frequent line
 * end is that of the file; where two are equally frequent, LF wins over CRLF, and both over a lone '\r'. */
#include "agent/edit/edit.h"

static size_t eol_len(struct slice text, size_t at, enum eol *kind)
{
	if (text.ptr[at] == '\n') {
		*kind = EOL_LF;
		return 1;
	}
	if (text.ptr[at] != '\r')
		return 0;
	if (at + 1 < text.len && text.ptr[at + 1] == '\n') {
		*kind = EOL_CRLF;
		return 2;
	}
	*kind = EOL_CR;
	return 1;
}

void text_style(struct slice text, struct text_style *out)
{
	size_t count[3] = { 0 };
	enum eol kind = EOL_LF;

	*out = (struct text_style){ .eol = EOL_LF };
	for (size_t i = 0; i < text.len;) {
		size_t n = eol_len(text, i, &kind);

		if (n > 0)
			count[kind]++;
		i += n ? n : 1;
	}
	if (count[EOL_CRLF] > count[EOL_LF])
		out->eol = EOL_CRLF;
	if (count[EOL_CR] > count[out->eol])
		out->eol = EOL_CR;
	out->mixed_eol = (count[0] > 0) + (count[1] > 0) + (count[2] > 0) > 1;
	out->bom = slice_starts(text, SLICE("\xef\xbb\xbf"));
	out->final_newline =
		text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r');
}

struct slice text_with_eol(struct arena *a, struct slice text, enum eol eol)
{
	size_t n = 0, ends = 0;
	enum eol kind;
	char *out;

	for (size_t i = 0; i < text.len; i++)
		ends += text.ptr[i] == '\n' || text.ptr[i] == '\r';
	out = arena_alloc(a, text.len + ends + 1);
	for (size_t i = 0; i < text.len;) {
		size_t len = eol_len(text, i, &kind);

		if (len == 0) {
			out[n++] = text.ptr[i++];
			continue;
		}
		if (eol != EOL_LF)
			out[n++] = '\r';
		if (eol != EOL_CR)
			out[n++] = '\n';
		i += len;
	}
	return slice_make(out, n);
}
