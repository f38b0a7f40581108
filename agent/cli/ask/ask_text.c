/* ask_text.c - see ask_text.h */
#include "agent/cli/ask/ask_text.h"

#include "agent/cli/screen/flow.h"

enum { ROOM_FOR_CHOICES = 50 }; /* columns that they need beside each other */

/* Of a line that came from outside, and of what is wrapped of it. No row of ours begins so. */
static const char bar[] = "  | ", wrapped[] = "    ";

void ask_text_request(struct sheet *s, const struct permission_request *r)
{
	sheet_prose(s, TERM_BOLD, "? ", "  ", r->title);
	if (!r->streamed)
		sheet_text(s, TERM_PLAIN, bar, wrapped, r->subject);
	if (r->note.len > 0)
		sheet_prose(s, TERM_YELLOW, "  Emend: ", "  ", r->note);
	if (r->reason.len > 0)
		sheet_prose(s, TERM_DIM, "  The model says: ", wrapped, r->reason);
	sheet_diff(s, bar, wrapped, r->diff);
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
	struct arena a;

	term_raw(t, narrow ? SLICE("  [y] yes, once\n  [n] no, or: n WHY\n  [?] help\n")
			   : SLICE("  [y] yes, once   [n] no, or: n WHY   [?] help\n"));
	arena_init(&a);
	if (r->rule.len > 0) /* whole: it is what a person agrees to */
		flow_line(t, TERM_PLAIN, "  ", TERM_PLAIN,
			  arena_printf(&a, "[a] always in this task%s: %.*s",
				       r->can_save ? ", [s] and in later ones here" : "",
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
