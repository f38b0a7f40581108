/* owner.c - see owner.h: "HOST BOOT NAMESPACE PID START". A pid alone is used again; with the time at
 * which the process started, in ticks since the boot, it is not. */
#include "agent/store/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PARTS = 5 };

static struct slice read_line(struct arena *a, const char *path)
{
	char text[1024];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return SLICE("");
	n = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	return arena_dup(a, slice_trim(slice_make(text, n)));
}

/* The 22nd field; the second is a name in parentheses, which may hold anything. */
static struct slice start_time(struct arena *a, long pid)
{
	struct slice s = read_line(a, arena_printf(a, "/proc/%ld/stat", pid).ptr);
	size_t at = s.len;

	while (at > 0 && s.ptr[at - 1] != ')')
		at--;
	for (int field = 2; field < 22 && at < s.len; field++) {
		at = slice_find_byte(s, ' ', at);
		at = at < s.len ? at + 1 : s.len;
	}
	return slice_sub(s, at,
			 slice_find_byte(s, ' ', at) < s.len ? slice_find_byte(s, ' ', at) : s.len);
}

static struct slice make(struct arena *a, long pid, struct slice start)
{
	char host[256] = "", ns[64];
	struct slice boot = read_line(a, "/proc/sys/kernel/random/boot_id");
	ssize_t n = readlink("/proc/self/ns/pid", ns, sizeof(ns));

	if (gethostname(host, sizeof(host) - 1) != 0 || boot.len == 0 || n <= 0 || start.len == 0)
		return SLICE("");
	for (char *c = host; *c; c++)
		*c = *c == ' ' ? '_' : *c;
	return arena_printf(a, "%s %.*s %.*s %ld %.*s", host, SLICE_ARG(boot), (int)n, ns, pid,
			    SLICE_ARG(start));
}

struct slice owner_self(struct arena *a)
{
	return make(a, (long)getpid(), start_time(a, (long)getpid()));
}

static size_t split(struct slice s, struct slice parts[PARTS])
{
	size_t n = 0, from = 0;

	while (from < s.len && n < PARTS) {
		size_t space = slice_find_byte(s, ' ', from);

		space = space < s.len ? space : s.len;
		parts[n++] = slice_sub(s, from, space);
		from = space + 1;
	}
	return n;
}

enum owner_state owner_look(struct slice owner)
{
	struct slice theirs[PARTS], ours[PARTS], start;
	enum owner_state state = OWNER_ELSEWHERE;
	struct arena a;

	arena_init(&a);
	if (split(owner, theirs) == PARTS && split(owner_self(&a), ours) == PARTS &&
	    slice_eq(theirs[0], ours[0])) {
		start = start_time(&a, strtol(arena_cstr(&a, theirs[3]), NULL, 10));
		if (!slice_eq(theirs[1], ours[1])) /* the machine was started anew since */
			state = OWNER_GONE;
		else if (slice_eq(theirs[2], ours[2]))
			state = slice_eq(start, theirs[4]) ? OWNER_RUNS : OWNER_GONE;
	}
	arena_release(&a);
	return state;
}
