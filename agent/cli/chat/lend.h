/* lend.h - a program that has the terminal for a while: git's editor, a pager, a command, the editor of the person.
 *
 * The terminal is given back to the mode of the shell before it starts (CHAT_LENDING), and the loop goes on meanwhile:
 * other faces still get their answers. */
#ifndef EMEND_CHAT_LEND_H
#define EMEND_CHAT_LEND_H

#include "agent/cli/chat/chat.h"

enum { LEND_WORDS = 16 };

struct lend {
	const char *words[LEND_WORDS +
			  1]; /* of the program, which is the first; NULL behind the last */
	size_t n;
	int out; /* in place of the terminal, for both streams; -1: the terminal */
	/* It has ended (127: it could not be started, which was said), and the state is still LENDING: the
	 * owner goes on to READING. Never called inside lend_start(). */
	void (*ended)(struct chat *c, int64_t status);
};

void lend_word(struct lend *l, const char *word);
/* The words `emend COMMAND --dir=HERE ...`: the same program, with the same settings and folder. */
void lend_emend(struct chat *c, struct lend *l, const char *command);
/* Only while READING. Borrows the words for the time of the call. */
void lend_start(struct chat *c, const struct lend *l);

#endif
