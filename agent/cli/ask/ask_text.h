/* ask_text.h - the words around a question at the terminal.
 *
 * The words of the model, those of Emend and the content that is asked about are told apart by what
 * their rows begin with; content cannot begin a row as Emend does (sheet.h). */
#ifndef EMEND_CLI_ASK_TEXT_H
#define EMEND_CLI_ASK_TEXT_H

#include "agent/cli/screen/sheet.h"
#include "agent/host.h"

/* All that is to be seen before an answer is possible. */
void ask_text_request(struct sheet *s, const struct permission_request *r);
void ask_text_question(struct sheet *s, const struct question *q);
/* The prompts: after a page that is not the last, and after the last. */
void ask_text_more(struct term *t, size_t shown, size_t all);
void ask_text_choices(struct term *t, const struct permission_request *r);
void ask_text_help(struct term *t, const struct permission_request *r);

#endif
