/* exit.c - status 0 only after a shutdown. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_exit_notification(struct server *s, struct json params, struct arena *a)
{
	(void)params;
	(void)a;
	server_end(s, s->state == SERVER_STOPPED || s->state == SERVER_STOPPING ? 0 : 1);
}
