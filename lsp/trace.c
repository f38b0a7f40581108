/* trace.c - see trace.h */
#include "lsp/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/mem.h"

struct trace {
	FILE *file;
};

/* Only the user can read it: it holds the texts of files. */
bool trace_open(const char *path, struct trace **out, struct err *err)
{
	bool folder = path[0] && path[strlen(path) - 1] == '/';
	char name[4096 + 64];
	FILE *file = NULL;
	int fd;

	if (folder)
		(void)snprintf(name, sizeof(name), "%s%s%ld.jsonl", path, "emend-", (long)getpid());
	else
		(void)snprintf(name, sizeof(name), "%s", path);
	fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		file = fdopen(fd, "a");
	if (!file)
		return err_set(err, ERR_IO, "The messages cannot be recorded in %s: %s.", name,
			       strerror(errno));
	*out = xcalloc(1, sizeof(**out));
	(*out)->file = file;
	return true;
}

/* Each line is one message and can be replayed; what is no JSON is only counted. */
void trace_message(struct trace *t, enum rpc_direction dir, struct slice body)
{
	const char *name = dir == RPC_IN ? "c->s" : "s->c";

	if (!json_check(body, NULL, NULL)) {
		(void)fprintf(t->file, "{\"dir\":\"%s!\",\"bytes\":%zu}\n", name, body.len);
		return;
	}
	(void)fprintf(t->file, "{\"dir\":\"%s\",\"msg\":", name);
	for (size_t i = 0; i < body.len;
	     i++) /* in checked JSON a line end stands between two tokens only */
		(void)fputc(body.ptr[i] == '\n' || body.ptr[i] == '\r' ? ' ' : body.ptr[i],
			    t->file);
	(void)fputs("}\n", t->file);
	(void)fflush(t->file);
}

void trace_close(struct trace *t)
{
	if (!t)
		return;
	(void)fclose(t->file);
	free(t);
}
