/* code_action_resolve.c - nothing is ever resolved here, but some editors ask for every action
 * that was
 * picked, whoever made it: it goes back as it came. */
#include "lsp/on/on.h"

void on_code_action_resolve(struct server *s, struct rpc_request *req)
{
	(void)s;
	conn_reply_result(req, json_raw(req->params));
}
