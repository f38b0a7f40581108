/* did_change_workspace_folders.c - folders come and go; running tasks keep theirs. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_did_change_workspace_folders(struct server *s, struct json params, struct arena *a)
{
	(void)a;
	folders_change(&s->folders, json_get(params, "event"));
}
