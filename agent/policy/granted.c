/* granted.c - see granted.h */
#include "agent/policy/granted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

enum { MAX_GRANTED = 256, FILE_BYTES = 1024 * 1024, LINE_BYTES = 16 * 1024 };

/* Fixed arrays: each rule is the answer of a person, and 256 of those are more than anybody
 * gives. */
struct granted {
	struct arena arena;
	struct slice workspace[MAX_GRANTED], rule[MAX_GRANTED];
	bool host[MAX_GRANTED]; /* a rule for hosts */
	size_t n;
	char *file; /* NULL: nothing is kept for later runs */
};

void granted_free(struct granted *g)
{
	if (!g)
		return;
	arena_release(&g->arena);
	free(g->file);
	free(g);
}

static void add(struct granted *g, bool host, struct slice workspace, struct slice rule)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->host[i] == host && slice_eq(g->workspace[i], workspace) &&
		    slice_eq(g->rule[i], rule))
			return;
	if (g->n == MAX_GRANTED)
		return; /* the next one is asked again: harmless */
	g->host[g->n] = host;
	g->workspace[g->n] = arena_dup(&g->arena, workspace);
	g->rule[g->n++] = arena_dup(&g->arena, rule);
}

/* A line that is damaged costs its own rule, not those behind it. */
static void take_line(struct granted *g, struct slice line)
{
	struct arena a;
	struct json v;
	struct slice workspace, rule;
	struct err err;

	arena_init(&a);
	if (json_parse(&a, line, &v, &err) && json_str(json_get(v, "workspace"), &a, &workspace) &&
	    json_str(json_get(v, "rule"), &a, &rule))
		add(g, false, workspace, rule);
	else
		log_warn("%s: a line is not {\"workspace\", \"rule\"}", g->file);
	arena_release(&a);
}

/* No FIFO may hold the program up, and a file that is too long is read in part. */
static void read_saved(struct granted *g)
{
	int fd = open(g->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct slice rest, line;
	char piece[4096];
	struct buf text;
	ssize_t n;

	if (fd < 0)
		return; /* nothing was saved yet */
	buf_init(&text, FILE_BYTES);
	while (!text.full && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_append(&text, slice_make(piece, (size_t)n));
	(void)close(fd);
	rest = buf_slice(&text);
	while (slice_next_line(&rest, &line))
		take_line(g, line);
	buf_release(&text);
}

struct granted *granted_new(const char *file)
{
	struct granted *g = xcalloc(1, sizeof(*g));

	g->file = file ? xstrdup(file) : NULL;
	if (g->file)
		read_saved(g);
	return g;
}

/* Nothing is added to the rules that hold now: that is granted_add(). */
bool granted_save(struct granted *g, struct slice workspace, struct slice rule, struct err *err)
{
	struct buf line;
	struct jw w;
	bool ok;
	int fd;

	if (!g->file)
		return err_set(err, ERR_IO, "There is no file for rules: it holds for now only.");
	buf_init(&line, LINE_BYTES);
	jw_init(&w, &line);
	jw_object(&w);
	jw_kstr(&w, "workspace", workspace);
	jw_kstr(&w, "rule", rule);
	jw_end(&w);
	buf_putc(&line, '\n');
	fd = open(g->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* One write: two programs that save at once do not mix their lines. */
	ok = fd >= 0 && !line.full && write(fd, line.data, line.len) == (ssize_t)line.len;
	if (!ok)
		(void)err_set(err, ERR_IO, "The rule holds for now, but %s cannot be written: %s.",
			      g->file, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	buf_release(&line);
	return ok;
}

size_t granted_rules(const struct granted *g, struct slice workspace, struct slice *out,
		     size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n && n < max; i++)
		if (!g->host[i] && slice_eq(g->workspace[i], workspace))
			out[n++] = g->rule[i];
	return n;
}

void granted_add(struct granted *g, struct slice workspace, struct slice rule)
{
	add(g, false, workspace, rule);
}

void granted_add_host(struct granted *g, struct slice workspace, struct slice rule)
{
	add(g, true, workspace, rule);
}

void granted_hosts(const struct granted *g, struct slice workspace, struct hosts *h)
{
	struct err err;

	for (size_t i = 0; i < g->n; i++)
		if (g->host[i] && slice_eq(g->workspace[i], workspace) &&
		    !hosts_grant(h, g->rule[i], &err))
			log_warn("host %.*s: %s", SLICE_ARG(g->rule[i]), err.msg);
}

/* A rule that an older version could read and this one cannot is told of in the log; it is asked
 * again. */
void granted_apply(const struct granted *g, struct slice workspace, struct policy *p)
{
	struct err err = { 0 };

	for (size_t i = 0; i < g->n; i++)
		if (!g->host[i] && slice_eq(g->workspace[i], workspace) &&
		    !policy_add(p, VERDICT_ALLOW, g->rule[i], &err))
			log_warn("rule %.*s: %s", SLICE_ARG(g->rule[i]), err.msg);
}
