/* execute_command.c - finds the command. It answers at once; some editors stand still until it
 * does. */
#include "lsp/commands.h"
#include "lsp/on/on.h"
#include "lsp/server.h"

static void unknown(struct rpc_request *req, struct slice name)
{
	struct buf known;

	buf_init(&known, 2048);
	for (size_t i = 0; commands_name(i); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", commands_name(i));
	conn_reply_error(req, RPC_INVALID_PARAMS, "There is no command %.*s. There are: %s.",
			 SLICE_ARG(slice_sub(name, 0, 100)), buf_cstr(&known));
	buf_release(&known);
}

void on_execute_command(struct server *s, struct rpc_request *req)
{
	struct slice name = json_str_or(json_get(req->params, "command"), &req->arena, "");
	struct json arg = json_at(json_get(req->params, "arguments"), 0);

	if (!commands_run(s, req, name, arg, json_get(req->params, "workDoneToken")))
		unknown(req, name);
}
