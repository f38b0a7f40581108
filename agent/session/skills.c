/* skills.c - the project's skills (agent/base/skill.h) in a task: the worker finds them with the first glance, the first
 * turn lists those that can be used, and load_skill brings the page of one. */
#include "agent/session/task_own.h"

#include "agent/base/skill.h"
#include "protocol/base/visible.h"

enum { LIST_BYTES = 16 * 1024 };

/* Which one is left out is said once, at the beginning of a conversation: it stays wrong until somebody mends it. */
static void say_unusable(struct task *t, const struct skill *s)
{
	if (t->transcript.n == 0)
		task_notice(t, arena_printf(&t->arena, "the skill %.*s is not used: %.*s",
					    SLICE_ARG(s->name), SLICE_ARG(s->why)));
}

void skills_take(struct task *t, struct json glance)
{
	struct json list = json_get(glance, "skills");
	struct skill *skills = arena_array(&t->arena, json_len(list) + 1, sizeof(*skills));
	size_t n = 0;

	for (struct json_iter it = json_iter(list); json_next(&it);) {
		skills[n] = (struct skill){
			.name = json_str_or(json_get(it.value, "name"), &t->arena, ""),
			.description =
				json_str_or(json_get(it.value, "description"), &t->arena, ""),
			.why = json_str_or(json_get(it.value, "why"), &t->arena, "")
		};
		if (skills[n].why.len > 0)
			say_unusable(t, &skills[n]);
		else if (skills[n].name.len > 0)
			n++;
	}
	t->env.skills = skills;
	t->env.n_skills = n;
	t->more_skills = json_i64_or(json_get(glance, "moreSkills"), 0);
}

/* What is said of a skill is the repository's and stands on one line, whatever it holds. */
void skills_tell(const struct task *t, struct buf *out)
{
	int64_t more = t->more_skills;
	struct buf b;

	if (t->env.n_skills == 0)
		return;
	buf_init(&b, LIST_BYTES);
	for (size_t i = 0; i < t->env.n_skills; i++) {
		size_t len = b.len;

		buf_printf(&b, "- %.*s: ", SLICE_ARG(t->env.skills[i].name));
		visible_line(&b, t->env.skills[i].description);
		buf_putc(&b, '\n');
		if (b.full) { /* no half line; a shorter one may still fit */
			buf_truncate(&b, len);
			more++;
		}
	}
	buf_puts(out,
		 "Skills of this project: how some kinds of work are done here. Before you do work "
		 "that one of them is for, load it with load_skill.\n<skills>\n");
	buf_append(out, buf_slice(&b));
	if (more > 0)
		buf_printf(out, "(and %lld more, which are not listed)\n", (long long)more);
	buf_puts(out, "</skills>\n\n");
	buf_release(&b);
}
