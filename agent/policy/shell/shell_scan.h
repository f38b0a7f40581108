/* shell_scan.h - where a quoted or nested piece of shell text ends. Internal to agent/policy. */
#ifndef EMEND_SHELL_SCAN_H
#define EMEND_SHELL_SCAN_H

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

/* text[at] is behind "$(" or "<(": the offset of its ')'. */
NODISCARD bool scan_paren(struct slice text, size_t at, size_t *end, struct err *err);
/* text[at] is behind "${": the offset of its '}'. quoted: it stands inside of double quotes. */
NODISCARD bool scan_brace(struct slice text, size_t at, bool quoted, size_t *end, struct err *err);
/* text[at] is behind '`': the offset of the closing one. */
NODISCARD bool scan_backtick(struct slice text, size_t at, size_t *end, struct err *err);
/* text[at] is behind "$((": if this is plain arithmetic, the offset of its "))"; else false. */
bool scan_arithmetic(struct slice text, size_t at, size_t *end);

struct heredoc {
	struct slice delimiter;
	bool quoted, strip_tabs;
};
/* text[at] is behind "<<" or "<<-": reads the delimiter, moves *at behind it. */
NODISCARD bool scan_delimiter(struct slice text, size_t *at, struct heredoc *h, struct slice *raw,
			      struct err *err);
/* text[at] is the start of a line: the body, and the offset behind the delimiter line. */
NODISCARD bool scan_heredoc(struct slice text, size_t at, const struct heredoc *h,
			    struct slice *body, size_t *end, struct err *err);

bool shell_is_meta(char c); /* ends a word: blank, newline or operator */

#endif
