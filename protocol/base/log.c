/* log.c - see log.h
 *
 * The sink is the one variable of the process that protocol/ has: it is set once, at the start,
 * before there are threads. Each line is flushed, so that the last one before a crash is there. */
#include "protocol/base/log.h"

#include <stdarg.h>
#include <time.h>

static struct {
	FILE *sink;
	enum log_level max;
} out;

void log_to(FILE *sink, enum log_level max)
{
	out.sink = sink;
	out.max = max;
}

bool log_enabled(enum log_level level)
{
	return out.sink && level <= out.max;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	static const char *const name[] = { "error", "warn", "info", "debug" };
	struct timespec now;
	va_list ap;

	if (!log_enabled(level))
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)fprintf(out.sink, "%lld.%03ld %s: ", (long long)now.tv_sec, now.tv_nsec / 1000000,
		      name[level]);
	va_start(ap, fmt);
	(void)vfprintf(out.sink, fmt, ap);
	va_end(ap);
	(void)fputc('\n', out.sink);
	(void)fflush(out.sink);
}
