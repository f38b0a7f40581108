/* secret_find.c - see secret_find.h
 *
 * Precision before recall: a placeholder in place of harmless text makes the model blind to what it
 * needs, so a shape must be one that its issuer documents, or a value must look like chance and
 * stand behind a name that says so. */
#include "agent/secret/secret_find.h"

#include <ctype.h>
#include <math.h>

enum {
	LEAST_DISTINCT = 8, /* different characters: "sk-xxxxxxxx" in a manual is no key */
	NAME_MAX_BYTES = 48,
	VALUE_MIN_BYTES = 20,
	VALUE_MAX_BYTES = 200,
	WORD_BYTES = 7, /* so many letters of one case in a row are a word, not chance */
	KEY_LINE_MIN_BYTES = 16,
	MARK_MAX_BYTES = 80, /* "-----BEGIN ... PRIVATE KEY-----" */
};

enum set { ALNUM, UPPER, HEX, URLSAFE };

/* Longer prefixes come before shorter ones that fit as well: the first row that fits gives the
 * kind. */
static const struct shape {
	const char *kind, *prefix;
	enum set set;
	size_t min, max; /* characters behind the prefix */
} shapes[] = {
	{ "aws-access-key", "AKIA", UPPER, 16, 16 },
	{ "aws-access-key", "ASIA", UPPER, 16, 16 },
	{ "anthropic-key", "sk-ant-", URLSAFE, 32, 200 },
	{ "openai-key", "sk-proj-", URLSAFE, 40, 200 },
	{ "openai-key", "sk-svcacct-", URLSAFE, 40, 200 },
	{ "openrouter-key", "sk-or-v1-", HEX, 64, 64 },
	{ "openai-key", "sk-", ALNUM, 48, 64 },
	{ "google-key", "AIza", URLSAFE, 35, 35 },
	{ "google-oauth", "ya29.", URLSAFE, 40, 400 },
	{ "google-secret", "GOCSPX-", URLSAFE, 28, 28 },
	{ "github-token", "ghp_", ALNUM, 36, 255 },
	{ "github-token", "gho_", ALNUM, 36, 255 },
	{ "github-token", "ghu_", ALNUM, 36, 255 },
	{ "github-token", "ghs_", ALNUM, 36, 255 },
	{ "github-token", "ghr_", ALNUM, 36, 255 },
	{ "github-token", "github_pat_", URLSAFE, 50, 255 },
	{ "gitlab-token", "glpat-", URLSAFE, 20, 100 },
	{ "slack-token", "xoxb-", URLSAFE, 30, 200 },
	{ "slack-token", "xoxp-", URLSAFE, 30, 200 },
	{ "slack-token", "xapp-", URLSAFE, 30, 200 },
	{ "stripe-key", "sk_live_", ALNUM, 24, 120 },
	{ "stripe-key", "rk_live_", ALNUM, 24, 120 },
	{ "npm-token", "npm_", ALNUM, 36, 36 },
	{ "pypi-token", "pypi-", URLSAFE, 80, 255 },
	{ "huggingface-token", "hf_", ALNUM, 34, 40 },
	{ "groq-key", "gsk_", ALNUM, 48, 60 },
	{ "xai-key", "xai-", ALNUM, 80, 90 },
	{ "digitalocean-token", "dop_v1_", HEX, 64, 64 },
	{ "docker-token", "dckr_pat_", URLSAFE, 27, 60 },
};

/* What a name holds that is given a secret. */
static const char *const names[] = { "secret",	   "token",	 "password",   "passwd",
				     "apikey",	   "api_key",	 "api-key",    "accesskey",
				     "access_key", "access-key", "privatekey", "private_key" };

static bool in_set(enum set s, char c)
{
	unsigned char u = (unsigned char)c;

	if (s == UPPER)
		return isupper(u) || isdigit(u);
	if (s == HEX)
		return isdigit(u) || (c >= 'a' && c <= 'f');
	return isalnum(u) || (s == URLSAFE && (c == '-' || c == '_'));
}

static bool one_of(char c, const char *all)
{
	return c != '\0' && strchr(all, c) != NULL;
}

static size_t distinct(struct slice s)
{
	bool seen[256] = { false };
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		n += !seen[(unsigned char)s.ptr[i]];
		seen[(unsigned char)s.ptr[i]] = true;
	}
	return n;
}

static bool put(struct secret_found *out, const char *kind, size_t start, size_t end)
{
	*out = (struct secret_found){ kind, start, end };
	return true;
}

/* A shape of the table that begins at `at`. */
static bool shaped(struct slice text, size_t at, struct secret_found *out)
{
	if (at > 0 && (isalnum((unsigned char)text.ptr[at - 1]) || text.ptr[at - 1] == '_'))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		const struct shape *s = &shapes[i];
		size_t start = at + strlen(s->prefix), end = start;

		if (s->prefix[0] != text.ptr[at] ||
		    !slice_starts(slice_sub(text, at, text.len), slice_of(s->prefix)))
			continue;
		while (end < text.len && end - start <= s->max && in_set(s->set, text.ptr[end]))
			end++;
		if (end - start < s->min || end - start > s->max ||
		    distinct(slice_sub(text, start, end)) < LEAST_DISTINCT ||
		    slice_ends(slice_sub(text, start, end), SLICE("EXAMPLE")))
			continue;
		return put(out, s->kind, at, end);
	}
	return false;
}

/* "eyJ...": three parts of base64url, the first two JSON objects (RFC 7519). */
static bool web_token(struct slice text, size_t at, struct secret_found *out)
{
	size_t end = at, part = at;
	int dots = 0;

	if (!slice_starts(slice_sub(text, at, text.len), SLICE("eyJ")) ||
	    (at > 0 && in_set(URLSAFE, text.ptr[at - 1])))
		return false;
	for (; end < text.len && (in_set(URLSAFE, text.ptr[end]) || text.ptr[end] == '.'); end++) {
		if (text.ptr[end] != '.')
			continue;
		if (end - part < 10 || ++dots > 2)
			return false;
		part = end + 1;
		if (dots == 1 && !slice_starts(slice_sub(text, part, text.len), SLICE("eyJ")))
			return false;
	}
	return dots == 2 && end - part >= 20 && put(out, "web-token", at, end);
}

/* At "://": user, colon, password, @. */
static bool url_password(struct slice text, size_t at, struct secret_found *out)
{
	size_t colon = 0, end = at + 3;
	bool digit = false, letter = false;

	for (; end < text.len && end - at < 2 * VALUE_MAX_BYTES; end++) {
		char c = text.ptr[end];

		if (c == '@' || c == '/' || c == '"' || c == '\'' || c == '\\' || c == '`' ||
		    c == '<' || c == '$' || c == '{' || c == '*' || (unsigned char)c <= ' ')
			break;
		if (c == ':' && colon == 0)
			colon = end;
		digit = digit || (colon && isdigit((unsigned char)c));
		letter = letter || (colon && isalpha((unsigned char)c));
	}
	return colon && end < text.len && text.ptr[end] == '@' && end - colon > 8 && digit &&
	       letter && put(out, "url-password", colon + 1, end);
}

/* Does a name that may hold a secret end before `at`? Quotes and blanks may stand between. */
static bool named(struct slice text, size_t at)
{
	size_t end = at, start;
	char low[NAME_MAX_BYTES + 1];

	while (end > 0 &&
	       (text.ptr[end - 1] == ' ' || text.ptr[end - 1] == '"' || text.ptr[end - 1] == '\''))
		end--;
	for (start = end;
	     start > 0 && end - start < NAME_MAX_BYTES && in_set(URLSAFE, text.ptr[start - 1]);)
		start--;
	for (size_t i = start; i < end; i++)
		low[i - start] = (char)tolower((unsigned char)text.ptr[i]);
	low[end - start] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strstr(low, names[i]))
			return true;
	return false;
}

/* Made by chance, as far as one can see: no words, several digits, little that repeats. */
static bool by_chance(struct slice s)
{
	size_t digits = 0, run = 0, counts[256] = { 0 };
	double bits = 0;
	int last = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		int kind = isupper(c) ? 1 : islower(c) ? 2 : 0;

		counts[c]++;
		digits += isdigit(c) != 0;
		run = kind && kind == last ? run + 1 : kind ? 1 : 0;
		last = kind;
		if (run >= WORD_BYTES)
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (counts[i]) {
			double share = (double)counts[i] / (double)s.len;

			bits -= share * log2(share);
		}
	return digits >= 3 && digits < s.len && bits > 3.3;
}

/* At '=' or ':': NAME = VALUE, with the value in quotes or not. */
static bool assigned(struct slice text, size_t at, struct secret_found *out)
{
	size_t start = at + 1, end;

	while (start < text.len && text.ptr[start] == ' ')
		start++;
	if (start < text.len && (text.ptr[start] == '"' || text.ptr[start] == '\''))
		start++;
	for (end = start; end < text.len && end - start <= VALUE_MAX_BYTES; end++)
		if (!in_set(URLSAFE, text.ptr[end]) && !one_of(text.ptr[end], "+/=~"))
			break;
	if (start < text.len && shaped(text, start, out)) /* the better word for it */
		return true;
	if (end - start < VALUE_MIN_BYTES || end - start > VALUE_MAX_BYTES || !named(text, at))
		return false;
	if (end < text.len && !one_of(text.ptr[end], "\"' \t\r\n,;)}&"))
		return false;
	return by_chance(slice_sub(text, start, end)) && put(out, "secret-value", start, end);
}

/* A line of the body of a private key; lines may have numbers or marks of a diff in front. */
static bool key_line(struct slice text, size_t at, struct secret_found *out)
{
	size_t end = at;

	if (at > 0 && in_set(ALNUM, text.ptr[at - 1]))
		return false;
	while (end < text.len && (in_set(ALNUM, text.ptr[end]) || one_of(text.ptr[end], "+/=")))
		end++;
	return end - at >= KEY_LINE_MIN_BYTES && put(out, "private-key", at, end);
}

static bool at_mark(struct slice text, size_t at, bool *in_key)
{
	struct slice rest = slice_sub(text, at, at + MARK_MAX_BYTES);
	size_t nl = slice_find_byte(rest, '\n', 0), key;
	struct slice line = slice_sub(rest, 0, nl == SIZE_MAX ? rest.len : nl);

	key = slice_find(line, SLICE("PRIVATE KEY-----"), 0);
	if (key == SIZE_MAX)
		return false;
	*in_key = slice_starts(line, SLICE("-----BEGIN "));
	return true;
}

bool secret_find(struct slice text, size_t from, bool *in_key, struct secret_found *out)
{
	for (size_t i = from; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '-' && slice_starts(slice_sub(text, i, text.len), SLICE("-----")) &&
		    at_mark(text, i, in_key)) {
			i += 4;
			continue;
		}
		if (*in_key && in_set(ALNUM, c) && key_line(text, i, out))
			return true;
		if ((c == ':' || c == '=') &&
		    (assigned(text, i, out) ||
		     (slice_starts(slice_sub(text, i, text.len), SLICE("://")) &&
		      url_password(text, i, out))))
			return true;
		if (isalpha((unsigned char)c) && (shaped(text, i, out) || web_token(text, i, out)))
			return true;
	}
	return false;
}
