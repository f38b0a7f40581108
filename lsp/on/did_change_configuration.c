/* did_change_configuration.c - pushed settings, or the sign to ask for them. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_did_change_configuration(struct server *s, struct json params, struct arena *a)
{
	(void)a;
	settings_pushed(&s->settings, json_get(params, "settings"));
}
