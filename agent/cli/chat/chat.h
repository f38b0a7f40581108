/* chat.h - a conversation in the terminal: one session, one turn after the other.
 *
 *   READING --a message--> WORKING --the task is done--> READING
 *      |  ^                   '- what is typed goes to the task (agent/session/steer.c)
 *      |  |--done-- UNDOING <--/undo, /redo, /rewind
 *      |  '--it has ended-- LENDING <--/commit, /diff, !, Ctrl-G: another program has the terminal
 *      '--/exit, Ctrl-D--> ENDED        from the others once they are done
 *
 * Each turn is a task of its own that resumes the session: so its undo, its budget and its place in the lists are
 * those of every task. */
#ifndef EMEND_CHAT_H
#define EMEND_CHAT_H

#include "agent/cli/chat/typed.h"
#include "agent/cli/place.h"
#include "agent/session/task.h"

enum chat_state { CHAT_READING, CHAT_WORKING, CHAT_UNDOING, CHAT_LENDING, CHAT_ENDED };

enum { CHAT_LATER = 16, CHAT_FILES = 256 };

/* On the stack of cmd_chat(); its handles (loop, host, input, borrower) are gone when the loop
 * has run out. Texts are in the arena of the command, which grows with the chat. */
struct chat {
	enum chat_state state; /* written by chat_goto() only */
	struct cli *cli;
	struct place place;
	struct cli_loop loop;
	struct host_cli host;
	struct slice session; /* "": none yet */
	bool fork;	      /* the next message begins a new one with its conversation */
	struct slice model;   /* its full name */

	struct typed typed;		/* what is typed: typing.c */
	struct slice later[CHAT_LATER]; /* messages for when the task is done */
	size_t n_later;
	struct job next;	 /* of them */
	struct slice undone, ran; /* what the model is to be told with the next message; "" */
	struct undo_spec back;	 /* while UNDOING */
	bool back_preview;	 /* it is only shown */
	uv_process_t borrower;	 /* while LENDING: lend.h */
	void (*lent)(struct chat *c, int64_t status);
	int64_t lent_status;
	struct shell *shell;	 /* shell.c: the command that was typed */
	const char *draft;	 /* draft.c: the file that is edited */
	bool leaving;		 /* once nothing runs any more */
	unsigned interrupts;	 /* Ctrl-C, in a row */
	uint64_t interrupted_ms; /* the last one */

	size_t turns;	     /* of this chat */
	size_t calls;	     /* of this model */
	double usd, seconds; /* usd: of the session */
	struct slice files[CHAT_FILES];
	size_t n_files;
	int status; /* of the last turn */
};

void chat_goto(struct chat *c, enum chat_state next);
/* A line that was entered: a command, a message, or what the running task is to hear. later: not the running task, but
 * once it is done. */
void chat_entered(struct chat *c, struct slice text, bool later);
/* A turn with these words, whatever they begin with; only while READING. The text must last. */
void chat_turn(struct chat *c, struct slice text);
void chat_interrupt(struct chat *c);
void chat_leave(struct chat *c); /* now, or as soon as nothing runs */
/* A line of ours above the box. */
void chat_note(struct chat *c, struct slice text);
/* The same, of several: "name" in front, and what is wrapped goes on behind it. */
void chat_row(struct chat *c, const char *name, struct slice text);

/* typing.c */
NODISCARD bool typing_open(struct chat *c, struct err *err);
void typing_show(struct chat *c); /* the box, or a prompt, as it is now */

/* slash.c: text begins with a slash */
void slash_run(struct chat *c, struct slice text);
void slash_next_mode(struct chat *c); /* ask, edit, auto, read-only, and ask again */
/* The names of all commands, without the slash; NULL behind the last. */
const char *slash_name(size_t i);

/* turn_back.c: the newest turn of this session whose changes stand is undone, or the oldest undone one made again.
 * preview: it is only shown. */
void turn_back(struct chat *c, bool redo, bool preview);
/* The session goes back to the end of this step (agent/session/rewind.h). */
void turn_rewind(struct chat *c, int64_t to, bool preview);

/* shell.c: what stands behind the "!" */
void shell_run(struct chat *c, struct slice command);
/* draft.c: what is typed, in the person's editor */
void draft_edit(struct chat *c);

/* lend.c */
void lend_commit(struct chat *c, struct slice message);
void lend_diff(struct chat *c, struct slice what);
void lend_signal(struct chat *c, int number); /* while LENDING */

#endif
