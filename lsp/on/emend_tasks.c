/* emend_tasks.c - the tasks that run, and the last ones that ended. */
#include "lsp/on/on.h"
#include "lsp/server.h"

void on_emend_tasks(struct server *s, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_key(w, "tasks");
	tasks_write(&s->tasks, w, uv_now(s->loop));
	jw_end(w);
	conn_result_end(req);
}
