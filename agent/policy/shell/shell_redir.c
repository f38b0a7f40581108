/* shell_redir.c - redirections and here-documents of the shell parser. See shell_parser.h */
#include "agent/policy/shell/shell_parser.h"

/* Their bodies stand behind the line, in the order in which they were announced. */
bool parser_heredocs(struct parser *p)
{
	for (size_t i = 0; i < p->n_heredocs; i++) {
		struct shell_redir *r = p->heredocs[i].redir;
		bool any = false;

		if (!scan_heredoc(p->text, p->at, &p->heredocs[i].doc, &r->target.text, &p->at,
				  p->err))
			return false;
		if (!p->heredocs[i].doc.quoted && !parser_substitutions(p, r->target.text, &any))
			return false;
		r->target.flags = any ? WORD_DYNAMIC : 0;
	}
	p->n_heredocs = 0;
	return true;
}

/* A redirection may come before the first word, or be all there is. */
static struct shell_redir *add_redir(struct parser *p, int kind)
{
	struct shell_cmd *c = parser_command(p);
	struct shell_redir *r;

	if (!c)
		return NULL;
	r = arena_alloc(p->script->arena, sizeof(*r));
	r->kind = kind;
	r->next = c->redirs;
	c->redirs = r;
	return r;
}

static bool heredoc(struct parser *p)
{
	struct shell_redir *r = add_redir(p, REDIR_TEXT);
	struct slice raw;

	if (!r)
		return false;
	if (p->n_heredocs == PARSER_HEREDOCS)
		return parser_refuse(p, "it has too many here-documents");
	p->heredocs[p->n_heredocs].doc.strip_tabs = parser_peek(p, 0) == '-';
	p->at += parser_peek(p, 0) == '-';
	p->heredocs[p->n_heredocs].redir = r;
	return scan_delimiter(p->text, &p->at, &p->heredocs[p->n_heredocs++].doc, &raw, p->err);
}

/* "2>&1", "2>&-"; of ">&file" the file is written. */
static bool is_descriptor(const struct shell_word *w)
{
	for (size_t i = 0; i < w->text.len; i++) {
		if ((w->text.ptr[i] < '0' || w->text.ptr[i] > '9') && w->text.ptr[i] != '-')
			return false;
	}
	return w->text.len > 0 && !(w->flags & WORD_DYNAMIC);
}

/* At '<' or '>'. */
bool parser_redirection(struct parser *p)
{
	char c = parser_peek(p, 0), d = parser_peek(p, 1);
	int kind = c == '>' || d == '>' ? REDIR_WRITE : REDIR_READ;
	struct shell_redir *r;
	bool dup = false;

	p->at++;
	if (c == '<' && d == '<' && parser_peek(p, 1) != '<') {
		p->at++;
		return heredoc(p);
	}
	if (c == '<' && d == '<') {
		p->at += 2;
		kind = REDIR_TEXT;
	} else if (d == '>' || d == '&' || (c == '>' && d == '|')) {
		p->at++;
		dup = d == '&';
	}
	r = add_redir(p, kind);
	if (!r || !parser_take_word(p, &r->target))
		return false;
	if (dup && is_descriptor(&r->target))
		r->kind = REDIR_DUP;
	return true;
}

bool parser_at_number_redir(const struct parser *p)
{
	size_t n = 0;

	while (parser_peek(p, n) >= '0' && parser_peek(p, n) <= '9')
		n++;
	return n > 0 && (parser_peek(p, n) == '<' || parser_peek(p, n) == '>');
}
