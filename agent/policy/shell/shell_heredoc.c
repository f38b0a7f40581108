/* shell_heredoc.c - here-documents: see shell_scan.h */
#include "agent/policy/shell/shell_scan.h"

/* A delimiter is a plain word, or one that is quoted as a whole; nothing else is worth the risk. */
bool scan_delimiter(struct slice text, size_t *at, struct heredoc *h, struct slice *raw,
		    struct err *err)
{
	size_t i = *at, start;
	char quote = '\0';

	while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
		i++;
	if (i < text.len && (text.ptr[i] == '\'' || text.ptr[i] == '"' || text.ptr[i] == '\\'))
		quote = text.ptr[i++];
	start = i;
	while (i < text.len && ((text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
				(text.ptr[i] >= 'a' && text.ptr[i] <= 'z') ||
				(text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') ||
				(text.ptr[i] != '\0' && strchr("_-.+!", text.ptr[i]))))
		i++;
	h->delimiter = slice_sub(text, start, i);
	h->quoted = quote != '\0';
	if (quote == '\'' || quote == '"') {
		if (i == text.len || text.ptr[i] != quote)
			return err_set(err, ERR_INVALID,
				       "The command cannot be analysed: "
				       "its here-document has an unusual delimiter.");
		i++;
	}
	if (h->delimiter.len == 0 || (i < text.len && !shell_is_meta(text.ptr[i])))
		return err_set(err, ERR_INVALID,
			       "The command cannot be analysed: "
			       "its here-document has an unusual delimiter.");
	*raw = slice_sub(text, *at, i);
	*at = i;
	return true;
}

/* The body is a part of the text, with its tabs: only what looks for the end is without them. */
bool scan_heredoc(struct slice text, size_t at, const struct heredoc *h, struct slice *body,
		  size_t *end, struct err *err)
{
	struct slice rest = slice_sub(text, at, text.len), line;

	while (slice_next_line(&rest, &line)) {
		struct slice bare = line;

		while (h->strip_tabs && bare.len > 0 && bare.ptr[0] == '\t')
			bare = slice_sub(bare, 1, bare.len);
		if (slice_eq(bare, h->delimiter)) {
			*body = slice_sub(text, at, (size_t)(line.ptr - text.ptr));
			*end = (size_t)(rest.ptr - text.ptr);
			return true;
		}
		/* "text \<newline>" joins lines where the document is not quoted: then a line that
		 * looks like the delimiter may be none. */
		if (!h->quoted && slice_ends(line, SLICE("\\")))
			return err_set(err, ERR_INVALID,
				       "The command cannot be analysed: "
				       "its here-document joins lines.");
	}
	return err_set(err, ERR_INVALID,
		       "The command cannot be analysed: "
		       "its here-document has no end.");
}
