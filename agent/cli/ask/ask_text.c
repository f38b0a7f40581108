/* ask_text.c - see ask_text.h */
#include "agent/cli/ask/ask_text.h"

/* More than a rule can have (always.c): it is never cut where a person agrees to it. */
enum { RULE_BYTES = 400 };

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
	term_raw(t, SLICE("  [y] yes, once   [n] no, or: n WHY   [?] help\n"));
	if (r->rule.len > 0) {
		term_raw(t,
			 r->can_save
				 ? SLICE("  [a] always in this task, [s] and in later ones here: ")
				 : SLICE("  [a] always in this task: "));
		term_line(t, TERM_PLAIN, r->rule, RULE_BYTES);
		term_raw(t, SLICE("\n"));
	}
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
