/* path.c - may the model read or write this path? See policy.h */
#include "agent/policy/policy.h"

#include "agent/policy/rules.h"
#include "protocol/base/visible.h"

static void decide(struct decision *out, enum verdict v, struct slice rule, struct slice why)
{
	*out = (struct decision){ .verdict = v, .rule = rule, .why = why, .always = SLICE("") };
}

static void decide_mode(const struct policy *p, struct arena *a, struct slice path,
			struct decision *out)
{
	struct slice rule = arena_printf(a, "mode: %s", mode_name(p->mode));

	switch (p->mode) {
	case MODE_READ_ONLY:
		decide(out, VERDICT_DENY, rule,
		       arena_printf(a,
				    "Mode read-only does not change files, so "
				    "%.*s stays as it is.",
				    SLICE_ARG(path)));
		break;
	case MODE_PLAN:
		decide(out, VERDICT_DENY, rule,
		       arena_printf(a,
				    "In mode plan nothing is changed before the user has accepted "
				    "the plan, so %.*s stays as it is. End your answer with the "
				    "plan.",
				    SLICE_ARG(path)));
		break;
	case MODE_ASK:
		decide(out, VERDICT_ASK, rule,
		       arena_printf(a,
				    "In mode ask, a change of %.*s needs "
				    "permission.",
				    SLICE_ARG(path)));
		break;
	case MODE_EDIT:
	case MODE_AUTO:
		decide(out, VERDICT_ALLOW, rule,
		       arena_printf(a, "Mode %s allows changes of files.", mode_name(p->mode)));
		break;
	}
}

bool policy_is_own_pattern(struct slice pattern)
{
	return slice_starts(pattern, SLICE(".emend"));
}

/* It leaves what is git's to the questions about protected files, and a yes to those is none to this. */
bool file_is_hidden_by_name(struct slice pattern)
{
	return !policy_is_own_pattern(pattern) && !slice_starts(pattern, SLICE(".git/"));
}

const char *file_not_for_model(struct slice pattern)
{
	return file_is_hidden_by_name(pattern) ? "withheld from the model" : "for the user alone";
}

/* First what is denied in all modes, then what asks in those that change files, then the mode. */
void policy_path(const struct policy *p, enum access access, struct slice path, struct arena *a,
		 struct decision *out)
{
	struct shell_word w = { path, 0 };
	struct slice hit, inside = path;
	uint32_t bad;

	if (path.len == 0 || slice_find_byte(path, '\0', 0) != SIZE_MAX) {
		decide(out, VERDICT_DENY, SLICE("deny: invalid path"),
		       SLICE("The path is not valid."));
		return;
	}
	hit = file_denied(p, path);
	if (hit.len > 0 && (access != ACCESS_COMMAND || !file_is_hidden_by_name(hit))) {
		decide(out, VERDICT_DENY, arena_printf(a, "deny: file %.*s", SLICE_ARG(hit)),
		       arena_printf(a, "Files named like \"%.*s\" are %s, so %.*s is denied.",
				    SLICE_ARG(hit), file_not_for_model(hit), SLICE_ARG(path)));
		return;
	}
	if (file_place(p, &w, &inside) != PLACE_INSIDE) {
		decide(out, VERDICT_DENY, SLICE("deny: outside of the workspace"),
		       arena_printf(a, "%.*s lies outside of the workspace.", SLICE_ARG(path)));
		return;
	}
	if (access == ACCESS_READ) {
		decide(out, VERDICT_ALLOW, SLICE("allow: read"), SLICE("Reading is allowed."));
		return;
	}
	if (!visible_name(inside, &bad)) {
		decide(out, VERDICT_DENY, SLICE("deny: unreadable name"),
		       arena_printf(a,
				    "The name holds a character that people cannot see (U+%04X). "
				    "Take a name without it.",
				    (unsigned)bad));
		return;
	}
	hit = file_protected(inside);
	if (hit.len > 0 && !mode_reads_only(p->mode)) {
		decide(out, VERDICT_ASK,
		       arena_printf(a, "ask: protected name %.*s", SLICE_ARG(hit)),
		       arena_printf(a,
				    "Programs obey %.*s without asking, so a change of it needs "
				    "permission.",
				    SLICE_ARG(path)));
		return;
	}
	if (access == ACCESS_SCRIPT && (p->mode == MODE_ASK || p->mode == MODE_EDIT))
		decide(out, VERDICT_ASK, SLICE("ask: new script"),
		       arena_printf(a, "%.*s is a script, which somebody will execute.",
				    SLICE_ARG(path)));
	else
		decide_mode(p, a, path, out);
}
