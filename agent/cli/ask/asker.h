/* asker.h - questions to the person at the terminal, one at a time, without stopping the loop.
 *
 * What is asked about is shown whole, line by line, with everything in it visible. Where it does not
 * fit the screen it is paged, and a yes is possible only when the last page was shown. What was
 * typed before a question stood there, or within the moment that it takes to see it, is thrown away.
 *
 * It reads the controlling terminal through a description of its own, so that the shell's stays as
 * it is. Where there is no terminal, every question is answered at once (from the loop) with an
 * error that says so. */
#ifndef EMEND_ASKER_H
#define EMEND_ASKER_H

#include "agent/cli/loop.h"
#include "agent/cli/screen/sheet.h"
#include "agent/cli/screen/term.h"
#include "agent/host.h"

enum asker_state {
	ASKER_IDLE,	/* no question */
	ASKER_SETTLING, /* it was drawn a moment ago; what is typed does not count yet */
	ASKER_READING,	/* the prompt stands there; the next line counts */
};

struct asker {
	enum asker_state state;
	struct runq *runq;
	struct list queue; /* struct host_ask.link; the first is on the screen unless idle */
	struct term
		*screen; /* where other output goes: ended with a fresh line before a question */
	FILE *tty;	 /* NULL: there is none */
	struct term out; /* on tty */
	uv_poll_t poll;
	uv_timer_t timer; /* SETTLING: its end; READING: the deadline */
	int fd;
	struct buf line;
	struct sheet sheet;  /* of the first question; in its arena */
	size_t rows_shown;   /* of the sheet */
	uint64_t since;	     /* when it was not idle any more; of the loop's clock */
	uint64_t waited_ms;  /* for the person, in all questions that are over */
	struct buf approved; /* the diff of the last question that was answered with yes */
	/* It takes the terminal for a question, and gives it back: others must not read it meanwhile. It may be taken
	 * again at once, so nothing is drawn in this call. May be NULL. */
	void (*takes)(void *payload, bool taken);
	void *payload;
};

/* json: stdout is for a program, so a question is put only if stdin is a terminal. */
void asker_init(struct asker *a, struct cli_loop *l, struct term *screen, bool json);
void asker_close(struct asker *a); /* no question may be open; before cli_loop_end() */
struct host_ask *asker_permission(struct asker *a, const struct permission_request *r,
				  permission_cb *done, void *payload);
struct host_ask *asker_question(struct asker *a, const struct question *q, question_cb *done,
				void *payload);
void asker_drop(struct asker *a, struct host_ask *ask);
/* The person has just read this diff in a question and said yes: it need not be shown again. */
bool asker_showed(const struct asker *a, struct slice diff);

#endif
