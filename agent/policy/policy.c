/* policy.c - the policy object: see policy.h. Its rules live in one arena. */
#include "agent/policy/policy.h"

#include <stdlib.h>

#include "agent/policy/rules.h"
#include "protocol/base/mem.h"

static const char *const mode_names[] = {
	[MODE_READ_ONLY] = "read-only", [MODE_PLAN] = "plan", [MODE_ASK] = "ask",
	[MODE_EDIT] = "edit",		[MODE_AUTO] = "auto",
};

const char *mode_name(enum mode m)
{
	return mode_names[m];
}

bool mode_parse(struct slice name, enum mode *out)
{
	for (size_t i = 0; i < ARRAY_LEN(mode_names); i++) {
		if (slice_eq_cstr(name, mode_names[i])) {
			*out = (enum mode)i;
			return true;
		}
	}
	return false;
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_ALLOW] = "allow",
		[VERDICT_ASK] = "ask",
		[VERDICT_DENY] = "deny",
	};

	return names[v];
}

struct policy *policy_new(enum mode mode)
{
	struct policy *p = xcalloc(1, sizeof(*p));

	p->mode = mode;
	arena_init(&p->arena);
	defaults_rules(p);
	defaults_files(p);
	return p;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	arena_release(&p->arena);
	free(p);
}

enum mode policy_mode(const struct policy *p)
{
	return p->mode;
}

/* For another mode of the same session. All texts are copied: the first may go before. */
struct policy *policy_clone(const struct policy *p, enum mode mode)
{
	struct policy *copy = xcalloc(1, sizeof(*copy));

	copy->mode = mode;
	arena_init(&copy->arena);
	for (size_t i = 0; i < p->n_rules; i++) {
		struct err err = { 0 };

		if (!rules_add(copy, p->rules[i].verdict, p->rules[i].origin, p->rules[i].text,
			       &err))
			abort(); /* it was valid before */
	}
	for (size_t i = 0; i < p->n_files; i++) {
		struct err err = { 0 };

		if (!policy_deny_file(copy, p->files[i], &err))
			abort();
	}
	copy->n_builtin_files = p->n_builtin_files;
	copy->root = arena_dup(&copy->arena, p->root);
	return copy;
}

void policy_set_root(struct policy *p, struct slice root)
{
	while (root.len > 1 && root.ptr[root.len - 1] == '/')
		root.len--;
	p->root = arena_dup(&p->arena, root);
}

bool decision_asks_mode_alone(const struct decision *d)
{
	for (size_t i = 0; i < d->n_parts; i++)
		if (d->parts[i].verdict == VERDICT_ASK &&
		    !slice_starts(d->parts[i].rule, SLICE("mode: ")))
			return false;
	return d->n_parts < DECISION_PARTS && slice_starts(d->rule, SLICE("mode: "));
}

bool policy_add(struct policy *p, enum verdict v, struct slice rule, struct err *err)
{
	return rules_add(p, v, RULE_USER, rule, err);
}

void policy_deny_files_clear(struct policy *p)
{
	p->n_files = p->n_builtin_files = 0;
}

/* In step with `files`, `first` holds the letter by which file_denied() passes over most of
 * them. */
bool policy_deny_file(struct policy *p, struct slice pattern, struct err *err)
{
	struct slice bare;

	pattern = slice_trim(pattern);
	bare = slice_starts(pattern, SLICE("!")) ? slice_sub(pattern, 1, pattern.len) : pattern;
	while (bare.len > 0 && bare.ptr[bare.len - 1] == '/')
		bare.len--;
	if (bare.len == 0 || bare.ptr[0] == '/' || slice_find_byte(bare, '\0', 0) != SIZE_MAX)
		return err_set(err, ERR_INVALID,
			       "The file pattern \"%.*s\" is not valid: write a name such "
			       "as \"*.pem\" or a relative path such as \".git/hooks\".",
			       SLICE_ARG(pattern));
	if (p->n_files == p->cap_files) {
		size_t cap = p->cap_files ? p->cap_files * 2 : 32;
		struct slice *more = arena_array(&p->arena, cap, sizeof(*more));
		char *first = arena_alloc(&p->arena, cap);

		if (p->n_files > 0) {
			memcpy(more, p->files, p->n_files * sizeof(*more));
			memcpy(first, p->first, p->n_files);
		}
		p->files = more;
		p->first = first;
		p->cap_files = cap;
	}
	pattern.len = (size_t)(bare.ptr + bare.len - pattern.ptr);
	p->first[p->n_files] = file_first(bare);
	p->files[p->n_files++] = arena_dup(&p->arena, pattern);
	return true;
}

size_t policy_denied_files(const struct policy *p, const struct slice **out, size_t *n_builtin)
{
	*out = p->files;
	if (n_builtin)
		*n_builtin = p->n_builtin_files;
	return p->n_files;
}
