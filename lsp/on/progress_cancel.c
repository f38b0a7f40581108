/* progress_cancel.c - the user pressed cancel. Tokens that are unknown or over are ignored. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_progress_cancel(struct server *s, struct json params, struct arena *a)
{
	(void)a;
	(void)tasks_cancel_token(&s->tasks, json_get(params, "token"));
}
