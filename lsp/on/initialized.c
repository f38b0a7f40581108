/* initialized.c - from here on the server may speak by itself. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_initialized(struct server *s, struct json params, struct arena *a)
{
	(void)params;
	(void)a;
	server_ready(s);
}
