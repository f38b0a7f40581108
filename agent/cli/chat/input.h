/* input.h - where the words of a chat come from.
 *
 *   INPUT_KEYS   a terminal that can do more than print: raw mode, each byte as it comes
 *   INPUT_LINES  one that cannot (TERM=dumb), or output that goes elsewhere: the terminal's own lines
 *   INPUT_PIPE   a pipe or a file: lines, each taken when it is wanted and not before
 *
 * While it is paused, the terminal is as the shell left it, and nothing is read: a question has it. */
#ifndef EMEND_CHAT_INPUT_H
#define EMEND_CHAT_INPUT_H

#include <termios.h>
#include <uv.h>

#include "agent/base/runq.h"
#include "agent/cli/screen/term.h"
#include "protocol/base/err.h"

enum input_kind { INPUT_KEYS, INPUT_LINES, INPUT_PIPE };

struct input_callbacks {
	void (*byte)(void *payload, char c); /* INPUT_KEYS */
	void (*pause)(void *payload);	     /* INPUT_KEYS: these were all that came together */
	void (*line)(void *payload,
		     struct slice text); /* the others; rows that end in "\" are joined */
	void (*end)(void *payload);	 /* nothing more comes; once */
};

struct input {
	enum input_kind kind;
	bool running, raw, ended, told;
	bool pastes; /* INPUT_KEYS: the terminal is to say what is a paste; see input_pastes() */
	bool polled; /* false: a file, that can be read at any time */
	int fd;	     /* -1: closed */
	uv_poll_t poll;
	struct job job;
	struct runq *runq;
	struct term *out;
	struct termios cooked;
	struct buf bytes; /* INPUT_LINES, INPUT_PIPE: what is no whole line yet */
	const struct input_callbacks *cb;
	void *payload;
};

/* `out`: the terminal that is drawn on. Borrows all. It is paused at first. */
NODISCARD bool input_open(struct input *in, uv_loop_t *loop, struct runq *runq, struct term *out,
			  bool lines_only, struct err *err);
void input_run(struct input *in);
/* From now on a paste comes in brackets (line.h). That is an order to the terminal, so it is not given before there is
 * somebody who types. */
void input_pastes(struct input *in);
void input_pause(struct input *in);
void input_close(struct input *in); /* before the loop ends */

#endif
