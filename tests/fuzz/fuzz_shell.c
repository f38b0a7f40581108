/* fuzz_shell.c - any bytes as a command line: no crash, and every verdict has a reason. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/policy/policy.h"
#include "agent/policy/shell/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum verdict judge(enum mode mode, struct slice command)
{
	static struct policy *made[MODE_AUTO + 1]; /* once: there are many inputs */
	struct policy *p = made[mode] ? made[mode] : (made[mode] = policy_new(mode));
	struct decision d;
	struct arena a;

	arena_init(&a);
	policy_command(p, command, &a, &d);
	if (d.rule.len == 0 || d.why.len == 0)
		abort();
	if (d.verdict != VERDICT_ASK && d.always.len > 0)
		abort();
	if (mode == MODE_READ_ONLY && d.verdict == VERDICT_ASK)
		abort();
	if (d.always.len > 0) { /* what is offered must be a valid rule */
		struct policy *wider = policy_clone(p, mode);
		struct err err = { 0 };

		if (!policy_add(wider, VERDICT_ALLOW, d.always, &err))
			abort();
		policy_free(wider);
	}
	arena_release(&a);
	return d.verdict;
}

/* What is read as bash may be read in more ways, and never crashes either. */
static void as_bash(struct slice command)
{
	struct arena a;
	struct shell_script s = { .arena = &a, .bash = true };
	struct err err;

	arena_init(&a);
	if (!shell_parse(&s, command, SIZE_MAX, 0, &err) && err.code != ERR_INVALID)
		abort();
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice command = slice_make((const char *)data, size);
	enum verdict strict = judge(MODE_READ_ONLY, command), ask = judge(MODE_ASK, command);
	enum verdict automatic = judge(MODE_AUTO, command);

	as_bash(command);
	/* A laxer mode is never stricter. */
	if (automatic > ask || (ask == VERDICT_ALLOW) != (strict == VERDICT_ALLOW))
		abort();
	return 0;
}
