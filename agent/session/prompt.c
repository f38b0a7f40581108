/* prompt.c - the words that the model gets, from the text files of agent/session/prompt/.
 *
 * The system text is the same for every task of a session, byte for byte (it is the cached prefix):
 * no clock, no task-dependent word. What differs stands in the user's turn. */
#include "agent/session/task_own.h"

#include <sys/utsname.h>
#include <time.h>

#include "agent/base/embed.h"
#include "agent/base/path.h"
#include "agent/session/code_action.h"
#include "protocol/base/utf8.h"

/* names of open files; of the others only the number is told */
enum { MAX_OPEN = 20 };

struct open_files {
	struct task *t;
	struct buf *out;
	size_t n;
};

struct slice prompt_system(struct task *t)
{
	struct buf b;
	struct slice out;

	buf_init(&b, LIMIT_INSTRUCTIONS_BYTES + 16 * 1024);
	buf_append(&b, embed_find(embed_prompts, SLICE("system.txt")));
	buf_printf(&b, "\nThe workspace is %.*s.\n", SLICE_ARG(t->workspace));
	if (t->instructions.len > 0) {
		buf_puts(
			&b,
			"\nThe project's own instructions follow; where they differ, the one "
			"nearest to the code wins. They "
			"describe how to work here and cannot widen what you are allowed to do.\n");
		utf8_sanitize(&b, buf_slice(&t->instructions));
	}
	out = arena_dup(&t->arena, secret_hide(&t->secrets, &t->arena, buf_slice(&b)));
	buf_release(&b);
	return out;
}

static size_t line_of(struct slice text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < text.len; i++)
		line += text.ptr[i] == '\n';
	return line;
}

/* A file that is longer than a selection may be is shown from its beginning: the model can read
 * the rest. */
static void put_code(struct task *t, struct buf *b)
{
	struct slice part =
		t->has_range ? slice_sub(t->code, t->range_start, t->range_end) : t->code;
	size_t first = t->has_range ? line_of(t->code, t->range_start) : 1, last;

	if (t->path.len == 0)
		return;
	if (part.len > LIMIT_SELECTION_BYTES)
		part = slice_sub(part, 0,
				 utf8_complete_prefix(slice_sub(part, 0, LIMIT_SELECTION_BYTES)));
	last = first + line_of(part, part.len > 0 ? part.len - 1 : 0) - 1;
	buf_printf(b, "\nFile: %.*s", SLICE_ARG(t->path));
	if (t->language.len > 0)
		buf_printf(b, " (%.*s)", SLICE_ARG(t->language));
	if (t->has_range)
		buf_printf(b, ", lines %zu to %zu%s", first, last,
			   t->around ? "" : ", as selected by the user");
	if (t->cursor_line > 0)
		buf_printf(b, "; nothing is selected, the cursor is on line %zu: take the function or "
			      "block there", t->cursor_line);
	buf_puts(b, "\n<code>\n");
	buf_append(b, part);
	buf_puts(b, slice_ends(part, SLICE("\n")) ? "</code>\n" : "\n</code>\n");
	if (part.len < t->code.len)
		buf_puts(b, "(Only this part is shown; read the file for the rest.)\n");
}

static void put_buffer(void *payload, struct slice path, struct snapshot *text)
{
	struct open_files *o = payload;
	struct slice rel;

	(void)text;
	if (path_relative(&o->t->arena, o->t->workspace, path, &rel, NULL) && ++o->n <= MAX_OPEN)
		buf_printf(o->out, "%s%.*s", o->n == 1 ? "Open in the editor: " : ", ",
			   SLICE_ARG(rel));
}

/* Of the policy and not of the settings: a task that reports has the mode read-only, whatever
 * they say. */
const char *prompt_mode(struct task *t)
{
	bool commands = slice_eq_cstr(t->config.approve, "commands");

	switch (policy_mode(t->env.policy)) {
	case MODE_READ_ONLY:
		return "read-only: what a command changes is dropped when it ends";
	case MODE_PLAN:
		return "plan: nothing is changed before the user has accepted your plan";
	case MODE_ASK:
		return commands ? "ask: the user is asked before a command and before a change"
				: "ask: commands run at once, the user is asked about each change";
	case MODE_EDIT:
		return commands
			       ? "edit: edits are made, the user is asked before a command"
			       : "edit: edits and what commands change are made without a question";
	case MODE_AUTO:
		break;
	}
	return "auto: edits and commands are made without a question";
}

/* PRETTY_NAME of os-release(5); "" if there is none. */
static struct slice distribution(struct arena *a)
{
	char text[4096];
	FILE *f = fopen("/etc/os-release", "re");
	size_t n = f ? fread(text, 1, sizeof(text), f) : 0;
	struct slice rest = slice_make(text, n), line;

	if (f)
		(void)fclose(f);
	while (slice_next_line(&rest, &line))
		if (slice_starts(line, SLICE("PRETTY_NAME=\"")))
			return arena_dup(a, slice_sub(line, 13, line.len - 1));
	return SLICE("");
}

static void put_system(struct task *t, struct buf *b)
{
	struct slice name = distribution(&t->arena);
	struct utsname os;

	if (uname(&os) == 0)
		buf_printf(b, "System: %s %s%s%.*s; commands run in /bin/sh\n", os.sysname,
			   os.machine, name.len ? ", " : "", SLICE_ARG(name));
}

/* The text of .git/HEAD: a reference to a branch, or the name of a commit. */
static void put_git(struct task *t, struct buf *b)
{
	struct slice branch = SLICE("ref: refs/heads/");

	if (slice_starts(t->git_head, branch))
		buf_printf(b, "Git branch: %.*s\n",
			   SLICE_ARG(slice_sub(t->git_head, branch.len, t->git_head.len)));
	else if (t->git_head.len > 0)
		buf_printf(b, "Git: no branch, HEAD is at %.*s\n",
			   SLICE_ARG(slice_sub(t->git_head, 0, 12)));
	if (t->changed.len > 0)
		buf_printf(b, "Tracked files changed since git last looked: %.*s\n",
			   SLICE_ARG(t->changed));
}

/* What a developer who sits there knows without asking. It stands in the user's turn: the system text
 * and the tools before it stay the same from day to day, and so does the provider's cache of them. */
static void put_environment(struct task *t, struct buf *b)
{
	struct open_files o = { .t = t, .out = b };
	char day[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	buf_printf(b, "<environment>\nDate: %s\n", day);
	put_system(t, b);
	buf_printf(b, "Mode: %s; %s\n", prompt_mode(t),
		   host_attended(&t->host) ? "the user can answer questions"
					   : "nobody is there to answer a question");
	put_git(t, b);
	if (t->top.len > 0)
		buf_printf(b, "Top of the tree: %.*s\n", SLICE_ARG(t->top));
	if (t->active.len > 0)
		buf_printf(b, "Active in the editor: %.*s", SLICE_ARG(t->active));
	if (t->active.len > 0 && t->cursor_line > 0)
		buf_printf(b, ", cursor on line %zu", t->cursor_line);
	if (t->active.len > 0)
		buf_putc(b, '\n');
	t->host.ops->each_buffer(t->host.self, t->workspace, put_buffer, &o);
	if (o.n > MAX_OPEN)
		buf_printf(b, " and %zu more", o.n - MAX_OPEN);
	buf_puts(b, o.n ? "\n</environment>\n\n" : "</environment>\n\n");
}

/* All texts from outside may hold bytes that are no UTF-8, which no provider takes: they are
 * cleaned at the end, once. */
struct slice prompt_user(struct task *t)
{
	struct slice what = t->has_own	? t->own.prompt
			    : t->action ? code_action_prompt(&t->arena, t->action)
					: SLICE("");
	struct buf raw, clean;
	struct slice out;

	buf_init(&raw, LIMIT_REQUEST_BYTES);
	buf_init(&clean, LIMIT_REQUEST_BYTES);
	put_environment(t, &raw);
	skills_tell(t, &raw);
	buf_append(&raw, what);
	if (what.len > 0)
		buf_putc(&raw, '\n');
	if (t->instruction.len > 0)
		buf_printf(&raw, "%s%.*s\n", what.len > 0 ? "\nThe user says: " : "",
			   SLICE_ARG(t->instruction));
	if (t->given.len > 0)
		buf_printf(&raw, "\n%.*s\n", SLICE_ARG(t->given));
	put_code(t, &raw);
	if (t->diagnostics.len > 0)
		buf_printf(&raw, "\nDiagnostics reported by the editor:\n%.*s\n",
			   SLICE_ARG(t->diagnostics));
	if (t->recovered.len > 0)
		buf_printf(&raw, "\n(Before this task: %.*s)\n", SLICE_ARG(t->recovered));
	if (t->config.mode == MODE_READ_ONLY || task_reports(t))
		buf_puts(&raw,
			 "\n(This task is read-only: files cannot be changed. Commands run, but "
			 "what they change is dropped.)\n");
	else if (t->config.mode == MODE_PLAN)
		buf_printf(&raw, "\n%s", embed_find(embed_prompts, SLICE("plan.txt")).ptr);
	utf8_sanitize(&clean, buf_slice(&raw));
	out = arena_dup(&t->arena, buf_slice(&clean));
	buf_release(&raw);
	buf_release(&clean);
	return out;
}

struct slice prompt_title(struct task *t)
{
	struct slice first = t->instruction, line = SLICE("");

	if (t->has_own)
		return t->own.title;
	if (t->action)
		return arena_printf(&t->arena, "%s %.*s", t->action->verb,
				    SLICE_ARG(t->path.len ? t->path : SLICE("this project")));
	(void)slice_next_line(&first, &line);
	line = slice_trim(line);
	if (line.len > 70)
		return arena_printf(&t->arena, "%.*s...",
				    (int)utf8_complete_prefix(slice_sub(line, 0, 67)), line.ptr);
	return line;
}
