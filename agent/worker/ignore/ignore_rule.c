/* ignore_rule.c - see ignore_rule.h
 *
 * libgit2 has a matcher too, but it exports none: it can only be asked for a whole path, and then
 * looks at each folder on the way again, which made half of the cost of a search. What is written
 * here follows dir.c and wildmatch.c of git, oddities included; a test asks git itself about random
 * rules. Unlike git's, the matcher neither recurses nor explodes: it keeps one place to go back to
 * for the last `*` and one for the last `**`. More are never needed, as the earliest place at which
 * the part between two `**` matches leaves the most for the rest. */
#include "agent/worker/ignore/ignore_rule.h"

static const char special[] = "*?[\\";

/* A character with which the pattern stops being plain text. */
static bool is_special(char c)
{
	return c && strchr(special, c) != NULL;
}

/* Bytes up to the first wildcard; most rules have none, and are compared by memcmp(). */
static size_t plain_length(struct slice s)
{
	size_t n = 0;

	while (n < s.len && !is_special(s.ptr[n]))
		n++;
	return n;
}

/* Blanks at the end do not count, unless the first of them is escaped. */
static struct slice without_blanks(struct slice line)
{
	size_t end = 0;

	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == '\\')
			i++;
		else if (line.ptr[i] == ' ')
			continue;
		end = i + 1;
	}
	return slice_sub(line, 0, end);
}

/* False: the line holds no rule. In git's order: comment, blanks at the end, '!', '/' at the end, '/' in
 * front. */
static bool read_rule(struct slice line, struct ignore_rule *out)
{
	struct ignore_rule r = { .pattern = line };
	struct slice *p = &r.pattern;

	if (slice_starts(*p, SLICE("#")))
		return false;
	if (slice_ends(*p, SLICE("\r")))
		p->len--;
	*p = without_blanks(*p);
	r.negated = slice_starts(*p, SLICE("!"));
	*p = slice_sub(*p, r.negated, p->len);
	r.suffix = p->len > 0 && p->ptr[0] == '*' &&
		   plain_length(slice_sub(*p, 1, p->len)) == p->len - 1;
	r.dirs_only = slice_ends(*p, SLICE("/"));
	p->len -= r.dirs_only;
	r.whole_path = slice_find_byte(*p, '/', 0) != SIZE_MAX;
	if (slice_starts(*p, SLICE("/")))
		*p = slice_sub(*p, 1, p->len);
	r.plain = plain_length(*p);
	*out = r;
	return p->len > 0;
}

bool ignore_rule_next(struct slice *rest, struct ignore_rule *out)
{
	struct slice line;

	while (slice_next_line(rest, &line)) {
		if (read_rule(line, out))
			return true;
	}
	return false;
}

/* false: there is no class of this name. */
static bool in_named_class(struct slice name, unsigned char c, bool *has)
{
	bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z',
	     digit = c >= '0' && c <= '9';
	bool graph = c > ' ' && c < 0x7f, hex = (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
	const struct {
		const char *name;
		bool has;
	} classes[] = {
		{ "alnum", upper || lower || digit },
		{ "alpha", upper || lower },
		{ "blank", c == ' ' || c == '\t' },
		{ "cntrl", c < ' ' || c == 0x7f },
		{ "digit", digit },
		{ "graph", graph },
		{ "lower", lower },
		{ "print", graph || c == ' ' },
		{ "punct", graph && !upper && !lower && !digit },
		{ "space", c == ' ' || (c >= '\t' && c <= '\r') },
		{ "upper", upper },
		{ "xdigit", digit || hex },
	};

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (slice_eq_cstr(name, classes[i].name)) {
			*has = *has || classes[i].has;
			return true;
		}
	}
	return false;
}

/* "[:alpha:]" at p[at]: its length. 0: no such thing stands there. */
static size_t named_class(struct slice p, size_t at, struct slice *name)
{
	size_t end;

	if (at + 1 >= p.len || p.ptr[at] != '[' || p.ptr[at + 1] != ':')
		return 0;
	end = slice_find_byte(p, ']', at + 2);
	if (end == SIZE_MAX || end < at + 3 || p.ptr[end - 1] != ':')
		return 0;
	*name = slice_sub(p, at + 2, end - 1);
	return end + 1 - at;
}

/* The class at p[*at], which is '['; *at moves behind it. A class that is never closed, or has an
 * unknown "[:name:]", matches nothing. */
static bool class_match(struct slice p, size_t *at, unsigned char c)
{
	size_t i = *at + 1;
	bool negated = i < p.len && (p.ptr[i] == '!' || p.ptr[i] == '^'), has = false;
	unsigned char last = 0; /* the start of a range that may follow; 0: none */

	i += negated;
	for (bool first = true; i < p.len; first = false) {
		unsigned char k = (unsigned char)p.ptr[i];
		struct slice name;
		size_t n = named_class(p, i, &name);

		if (k == ']' && !first) {
			*at = i + 1;
			return has != negated && c != '/';
		}
		if (n > 0) {
			if (!in_named_class(name, c, &has))
				break;
			last = 0;
			i += n;
			continue;
		}
		if (k == '-' && last && i + 1 < p.len && p.ptr[i + 1] != ']') {
			i += 1 + (p.ptr[i + 1] == '\\');
			if (i >= p.len)
				break;
			has = has || (c >= last && c <= (unsigned char)p.ptr[i++]);
			last = 0;
			continue;
		}
		if (k == '\\' && ++i >= p.len)
			break;
		last = (unsigned char)p.ptr[i++];
		has = has || c == last;
	}
	*at = p.len + 1;
	return false;
}

/* A place to go back to: the text from `text` on is tried again with the pattern from `pattern` on. */
struct retreat {
	bool set;
	size_t pattern, text;
};

/* One match under way: what is left of the pattern from p on, and of the text from t on. */
struct wild {
	struct slice pattern, text;
	size_t p, t;
	struct retreat star, stars; /* of the last `*`, which stops at '/', and the last `**` */
};

/* One or more '*' at w->p. true: all the rest matches, whatever it is. */
static bool take_star(struct wild *w)
{
	struct slice p = w->pattern;
	size_t q = w->p;
	bool folders;

	while (q < p.len && p.ptr[q] == '*')
		q++;
	folders = q - w->p > 1 && (w->p == 0 || p.ptr[w->p - 1] == '/') &&
		  (q == p.len || p.ptr[q] == '/' ||
		   (p.ptr[q] == '\\' && q + 1 < p.len && p.ptr[q + 1] == '/'));
	w->star.set = false;
	if (folders) {
		if (q == p.len)
			return true;
		w->stars = (struct retreat){ true, q, w->t };
		w->p = q + (p.ptr[q] == '/'); /* no folder at all is tried first */
		return false;
	}
	if (q == p.len && slice_find_byte(w->text, '/', w->t) == SIZE_MAX)
		return true;
	w->star = (struct retreat){ true, q, w->t };
	w->p = q;
	return false;
}

/* The one character at w->t, against what stands at w->p. */
static bool take_one(struct wild *w)
{
	char c = w->text.ptr[w->t++], k = w->pattern.ptr[w->p];

	if (k == '[')
		return class_match(w->pattern, &w->p, (unsigned char)c);
	if (k == '\\' && ++w->p >= w->pattern.len)
		return false;
	w->p++;
	return k == '?' ? c != '/' : w->pattern.ptr[w->p - 1] == c;
}

/* Lets the last star take one character more. false: none can. */
static bool go_back(struct wild *w)
{
	if (w->star.set && w->star.text < w->text.len && w->text.ptr[w->star.text] != '/') {
		w->t = ++w->star.text;
		w->p = w->star.pattern;
		return true;
	}
	w->star.set = false;
	if (!w->stars.set)
		return false;
	/* What follows it in the pattern is a '/'. */
	w->t = slice_find_byte(w->text, '/', w->stars.text);
	w->p = w->stars.pattern;
	w->stars.text = w->t + 1;
	return w->t != SIZE_MAX;
}

/* Forward as far as it goes, then back to the last star; each step back makes a star longer, so it ends. */
static bool wild_match(struct slice pattern, struct slice text)
{
	struct wild w = { .pattern = pattern, .text = text };

	for (;;) {
		bool on;

		if (w.p < pattern.len && pattern.ptr[w.p] == '*') {
			if (take_star(&w))
				return true;
			continue;
		}
		if (w.p == pattern.len && w.t == text.len)
			return true;
		on = w.p < pattern.len && w.t < text.len && take_one(&w);
		if (!on && !go_back(&w))
			return false;
	}
}

bool ignore_rule_match(const struct ignore_rule *r, struct slice path, struct slice name,
		       bool is_dir)
{
	struct slice text = r->whole_path ? path : name;

	if (r->dirs_only && !is_dir)
		return false;
	if (r->plain == r->pattern.len)
		return slice_eq(r->pattern, text);
	if (r->suffix && !r->whole_path)
		return slice_ends(name, slice_sub(r->pattern, 1, r->pattern.len));
	return text.len >= r->plain && memcmp(text.ptr, r->pattern.ptr, r->plain) == 0 &&
	       wild_match(slice_sub(r->pattern, r->plain, r->pattern.len),
			  slice_sub(text, r->plain, text.len));
}
