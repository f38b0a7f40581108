/* emend_server_status.c - how the server is doing. */
#include <stdio.h>
#include <unistd.h>

#include "lsp/commands.h"
#include "lsp/on/on.h"
#include "lsp/server.h"

static int64_t rss_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	(void)fclose(file);
	return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static void reply(struct server *s, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_ki64(w, "rssBytes", rss_bytes());
	jw_kf64(w, "uptime", (double)(uv_now(s->loop) - s->started_ms) / 1000.0);
	jw_ki64(w, "tasks", (int64_t)s->tasks.running);
	jw_kcstr(w, "sandbox", "required"); /* commands do not run without it */
	jw_kcstr(w, "model", s->settings.model);
	if (!s->settings.model)
		jw_kcstr(w, "problem",
			 s->settings.no_model ? s->settings.no_model : s->settings.why.msg);
	jw_end(w);
	conn_result_end(req);
}

void on_emend_server_status(struct server *s, struct rpc_request *req)
{
	reply(s, req);
}

void command_status(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	const char *model = s->settings.model, *problem = s->settings.no_model;

	(void)arg;
	(void)token;
	reply(s, req);
	messages_show(&s->messages, LSP_MESSAGE_INFO,
		      "Emend: model %s; %zu task%s running; %.1f MB of memory",
		      model	? model
		      : problem ? problem
				: "none",
		      s->tasks.running, s->tasks.running == 1 ? "" : "s",
		      (double)rss_bytes() / 1e6);
}
