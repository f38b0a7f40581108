/* typed.h - what is typed at the foot of a terminal, while something else is printed above it: the keys, the line, the
 * box that shows it, and the terminal, which is shared with questions. Whoever opens it (chat.c, steering.c) says
 * what becomes of the words.
 *
 *   input --bytes--> line --Enter, Tab, Up, Ctrl-C...--> typed_ops
 *     '---lines (no keys)----------^                        |
 *   live line <--draws-- box <--notes-----------------------' */
#ifndef EMEND_CHAT_TYPED_H
#define EMEND_CHAT_TYPED_H

#include "agent/cli/chat/box.h"
#include "agent/cli/chat/input.h"
#include "agent/cli/loop.h"
#include "agent/cli/task/host_cli.h"

struct typed_ops {
	bool (*wanted)(void *self);  /* is the box to be seen now? */
	void (*compose)(void *self); /* its head and notes, anew; see typed_note() */
	void (*show)(void *self);    /* the box as it is now, if it may be seen */
	void (*entered)(void *self, struct slice text); /* borrowed */
	void (*tab)(void *self);
	/* Up, where nothing is typed: what was sent last and is not gone yet. False: nothing, and the newest line of
	 * the history comes. */
	bool (*take_back)(void *self, struct slice *text);
	void (*key)(void *self, enum line_event e); /* LINE_EDITOR, LINE_MODE, LINE_REWIND */
	void (*interrupt)(void *self);
	void (*leave)(void *self); /* Ctrl-D in an empty line */
	void (*end)(void *self);   /* nothing more comes */
};

struct typed {
	const struct typed_ops *ops;
	void *self;
	struct host_cli *host;
	struct cli_loop *loop;
	bool over;	/* nothing is taken any more */
	bool own_group; /* the terminal is read only while this process is in front */
	struct input input;
	struct past past;
	struct line line;
	struct box box;
	struct live_box live_box;
	struct arena drawn;   /* the texts of the box */
	struct buf hint_text; /* what could be meant, after Tab, until the next key */
	struct job show;      /* the box again, once a question has let go of the terminal */
};

struct typed_options { /* all borrowed until it is closed */
	const struct typed_ops *ops;
	void *self;
	struct host_cli *host;
	struct cli_loop *loop;
	struct slice state; /* the folder: of the history */
	struct term *out;   /* that is drawn on */
	bool lines_only;
	bool own_group;
};
/* It is paused at first. typed_close() may follow where this fails, and must where it does not. */
NODISCARD bool typed_open(struct typed *t, const struct typed_options *o, struct err *err);
void typed_close(struct typed *t);
/* Reads, if it may. */
void typed_run(struct typed *t);
/* For compose(): one more line below the text, `WHAT "TEXT"`. back: Up takes it back, and that is said, too. */
void typed_note(struct typed *t, const char *what, struct slice text, bool back);

#endif
