/* steering.h - what one types while `emend do` works, or beside `emend attach`: it goes to the task with its next step, as
 * in a chat.
 *
 * Nothing is seen of it until the first key: then the box opens below the live line, and closes when it is empty and
 * nothing waits. Enter hands the words to the task; Up, where nothing is typed, takes them back; Tab completes the name of
 * a file behind an "@"; Ctrl-C stops the task.
 * Only where a person sits: stdin and the log on a terminal, this process in front, neither --json nor -q. Elsewhere
 * nothing is opened, read or changed. */
#ifndef EMEND_CHAT_STEERING_H
#define EMEND_CHAT_STEERING_H

#include "agent/cli/chat/typed.h"
#include "agent/cli/place.h"

/* Who hears it, where that is not the host's own task: one in another face. */
struct steered {
	bool (*steer)(void *self, struct slice text); /* false: it hears nothing more */
	/* As task_waits() and task_unsteer(). */
	bool (*waits)(void *self, size_t i, struct slice *text);
	bool (*unsteer)(void *self, struct slice *text);
	void *self;
};

struct steering {
	bool open; /* else nothing of all this is there */
	struct host_cli *host;
	struct steered by;
	struct typed typed;
	struct slice workspace;
};

/* Borrows all until it is closed. by NULL: the task of the host. */
void steering_open(struct steering *s, struct host_cli *h, struct cli_loop *l,
		   const struct place *p, const struct steered *by);
/* What the task has not heard is told to the person; the terminal is as it was. Before host_cli_close(). t may be NULL. */
void steering_close(struct steering *s, struct task *t);
/* At once, for an end that nothing follows: the terminal is as it was. */
void steering_restore(struct steering *s);

#endif
