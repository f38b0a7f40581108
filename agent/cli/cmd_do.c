/* cmd_do.c - emend do TASK
 *
 * "-" is the task itself from the standard input; else what is piped goes along with it. With
 * --worktree the place is the new worktree, which is why it is made before the place is looked
 * at. */
#include "agent/cli/task/task_cmd.h"
#include "agent/cli/task/worktree.h"

int cmd_do(struct cli *c)
{
	struct task_spec spec = { .instruction = task_words(c, 0) };
	struct place p = { .loaded = false };
	struct worktree tree;
	struct err err = { 0 };
	int status;

	if (slice_eq_cstr(spec.instruction, "-") ? !task_piped(c, &spec.instruction, &err)
						 : !task_given(c, &spec.given, &err))
		return cli_fail(c, &err);
	if (!task_images(c, &spec, &err))
		return cli_fail(c, &err);
	if (slice_trim(spec.instruction).len == 0)
		return cli_usage(
			c,
			"What is the task? For example: emend do \"make the failing test pass\"");
	if (!worktree_make(&tree, c, &err))
		return cli_fail(c, &err);
	if (place_init(&p, c, &err))
		status = task_cmd(c, &p, &spec, false);
	else
		status = cli_fail(c, &err);
	place_release(&p);
	worktree_end(&tree, c);
	return status;
}
