/* ask_text.c - see ask_text.h */
#include "agent/cli/ask/ask_text.h"

#include "agent/cli/screen/flow.h"
#include "agent/edit/edit.h"
#include "protocol/base/visible.h"

enum { ROOM_FOR_CHOICES = 50 }; /* columns that they need beside each other */

/* Of a line that came from outside, and of what is wrapped of it. No row of ours begins so. */
static const char bar[] = "  | ", wrapped[] = "    ";

/* What is in it is seen as it is, and it fits into these columns. */
static bool is_plain(struct slice path, unsigned columns)
{
	struct buf b;
	bool plain;

	buf_init(&b, 8 * path.len + 64);
	visible_line(&b, path);
	plain = slice_find_byte(path, '\n', 0) == SIZE_MAX &&
		slice_find_byte(path, '\t', 0) == SIZE_MAX && slice_eq(buf_slice(&b), path) &&
		visible_width(path) <= columns;
	buf_release(&b);
	return plain;
}

/* Of an edit the title names the file, once. A name that would have to be wrapped stays behind its bar. */
static bool put_title(struct sheet *s, const struct permission_request *r, struct slice diff)
{
	unsigned used = 4 + visible_width(r->title);
	bool named = diff.len < r->diff.len && s->columns > used &&
		     is_plain(r->subject, s->columns - used);

	sheet_prose(s, TERM_BOLD, "? ", "  ",
		    named ? arena_printf(s->arena, "%.*s: %.*s", SLICE_ARG(r->title),
					 SLICE_ARG(r->subject))
			  : r->title);
	return named;
}

/* The order is that of importance: what is asked, about what, what Emend says of it, what the
 * model says of it, the diff. */
void ask_text_request(struct sheet *s, const struct permission_request *r)
{
	struct slice diff = edit_diff_body(r->diff, r->subject);

	if (!put_title(s, r, diff) && !r->streamed)
		sheet_text(s, TERM_PLAIN, bar, wrapped, r->subject);
	if (r->note.len > 0)
		sheet_prose(s, TERM_YELLOW, "  Emend: ", "  ", r->note);
	if (r->reason.len > 0)
		sheet_prose(s, TERM_DIM, "  The model says: ", wrapped, r->reason);
	sheet_diff(s, bar, wrapped, diff);
}

void ask_text_question(struct sheet *s, const struct question *q)
{
	char number[32];

	sheet_prose(s, TERM_BOLD, "? ", "  ", SLICE("The model asks:"));
	sheet_text(s, TERM_PLAIN, bar, wrapped, q->text);
	for (size_t i = 0; i < q->n_options; i++) {
		(void)snprintf(number, sizeof(number), "  [%zu] ", i + 1);
		sheet_prose(s, TERM_PLAIN, number, "      ", q->options[i]);
	}
}

void ask_text_more(struct term *t, size_t shown, size_t all)
{
	term_printf(t, "  (%zu of %zu lines)  [Enter] more   [w] the whole rest   [n] no > ", shown,
		    all);
}

void ask_text_choices(struct term *t, const struct permission_request *r)
{
	unsigned columns = term_columns(t);
	bool narrow = columns > 0 && columns < ROOM_FOR_CHOICES;
	bool says_when = slice_ends(r->rule, SLICE(" in this task"));
	struct arena a;

	term_raw(t, narrow ? SLICE("  [y] yes, once\n  [n] no, or: n WHY\n  [?] help\n")
			   : SLICE("  [y] yes, once   [n] no, or: n WHY   [?] help\n"));
	arena_init(&a);
	if (r->rule.len > 0) /* whole: it is what a person agrees to */
		flow_line(t, TERM_PLAIN, "  ", TERM_PLAIN,
			  arena_printf(&a, "[a] always%s: %.*s",
				       r->can_save ? " in this task, [s] and in later ones here"
				       : says_when ? ""
						   : " in this task",
				       SLICE_ARG(r->rule)));
	arena_release(&a);
	term_raw(t, SLICE("  > "));
}

void ask_text_help(struct term *t, const struct permission_request *r)
{
	term_raw(t, SLICE("  y      do it this once\n"
			  "  n      do not; the task goes on without it\n"
			  "  n WHY  do not, and tell the model why: n use the other file\n"));
	if (r->rule.len > 0)
		term_raw(
			t,
			SLICE("  a      yes, and do not ask for this again until the task ends\n"));
	if (r->rule.len > 0 && r->can_save)
		term_raw(t, SLICE("  s      yes, and not in later tasks in this folder either "
				  "(emend policy lists such rules)\n"));
	term_raw(t, SLICE("  Ctrl-C cancels the task.\n"));
}
