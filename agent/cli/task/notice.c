/* notice.c - see notice.h */
#include "agent/cli/task/notice.h"

#include <stdlib.h>

/* A terminal that does not know the order may print it: only those that are known to. */
static bool knows_osc9(void)
{
	static const char *const programs[] = { "iTerm.app", "WezTerm", "ghostty" };
	const char *program = getenv("TERM_PROGRAM");

	for (size_t i = 0; program && i < ARRAY_LEN(programs); i++)
		if (strcmp(program, programs[i]) == 0)
			return true;
	return false;
}

void notice_seen(struct notice *n, uint64_t now_ms)
{
	n->seen_ms = now_ms;
}

/* Only words of ours may go into the sequence: text from outside could end it and begin another. */
void notice_give(const struct notice *n, struct term *log, uint64_t now_ms, const char *words)
{
	const char *kind = getenv("TERM");
	bool away = now_ms - n->seen_ms >= NOTICE_AWAY_MS;

	if (!log->tty || !kind || strcmp(kind, "dumb") == 0 ||
	    !(slice_eq_cstr(n->bell, "always") || (slice_eq_cstr(n->bell, "auto") && away)))
		return;
	/* Not term_raw(): it takes no place in the line. */
	if (knows_osc9())
		(void)fprintf(log->file, "\033]9;Emend: %s\033\\", words);
	else
		(void)fputs("\a", log->file);
	(void)fflush(log->file);
}
