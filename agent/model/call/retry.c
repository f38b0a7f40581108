/* retry.c - see retry.h
 *
 * The wait doubles with each try, up to a cap, and is made shorter by a random part of up to a
 * quarter, so that tasks that failed together do not come back together. What the server says
 * about the wait counts for more than this. */
#include "agent/model/call/retry.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A server that is busy gets more time than a connection that broke. */
enum { BASE_MS = 500, CAP_MS = 8 * 1000, BUSY_CAP_MS = 30 * 1000 };

bool retry_may_help(enum fail_kind kind)
{
	switch (kind) {
	case FAIL_RESOLVE:
	case FAIL_CONNECT:
	case FAIL_CONNECTION:
	case FAIL_TIMEOUT:
	case FAIL_RATE:
	case FAIL_OVERLOADED:
	case FAIL_SERVER:
	case FAIL_CUT:
	case FAIL_PROTOCOL:
		return true;
	case FAIL_NONE:
	case FAIL_PROXY:
	case FAIL_TRUST:
	case FAIL_AUTH:
	case FAIL_BILLING:
	case FAIL_FORBIDDEN:
	case FAIL_NOT_FOUND:
	case FAIL_REQUEST:
	case FAIL_OVERFLOW:
	case FAIL_FOREIGN:
	case FAIL_LIMIT:
		break;
	}
	return false;
}

/* The server's word (x-should-retry) beats the table, but never makes a prompt that is too long
 * any shorter. */
bool retry_decide(const struct failure *f, int tries, int retries, double random, uint64_t *wait_ms)
{
	bool busy = f->kind == FAIL_RATE || f->kind == FAIL_OVERLOADED;
	double cap = busy ? BUSY_CAP_MS : CAP_MS;
	double ms = BASE_MS;

	if (tries > retries || f->kind == FAIL_NONE || f->kind == FAIL_OVERFLOW)
		return false;
	if (f->said == FAIL_SAID_STOP || (f->said != FAIL_SAID_RETRY && !retry_may_help(f->kind)))
		return false;
	if (f->kind == FAIL_TIMEOUT && tries > RETRY_TIMEOUTS)
		return false;
	if (f->has_wait) {
		*wait_ms = f->wait_ms;
		return f->wait_ms <= RETRY_WAIT_MAX_MS;
	}
	for (int i = 1; i < tries && ms < cap; i++)
		ms *= 2;
	if (ms > cap)
		ms = cap;
	*wait_ms = (uint64_t)(ms * (1 - random / 4));
	return true;
}

/* A non-negative decimal number with an optional fraction; nothing else. */
static bool number(struct slice s, double *out)
{
	char text[32];
	char *end;

	s = slice_trim(s);
	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < '0' || s.ptr[i] > '9') && s.ptr[i] != '.')
			return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	*out = strtod(text, &end);
	return *end == '\0' && *out < 1e12;
}

/* "Fri, 20 Nov 2026 10:00:00 GMT". The form of RFC 9110, 5.6.7, that servers must send; its two
 * older forms are not read. */
static bool http_date(struct slice s, int64_t *out)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[40], month[4] = "";
	struct tm tm = { 0 };
	const char *at;

	s = slice_trim(s);
	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &tm.tm_mday, month, &tm.tm_year,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	at = strstr(months, month);
	if (strlen(month) != 3 || !at || (at - months) % 3 != 0)
		return false;
	tm.tm_mon = (int)(at - months) / 3;
	tm.tm_year -= 1900;
	*out = (int64_t)timegm(&tm);
	return true;
}

bool retry_after(struct slice value, int64_t now, uint64_t *ms)
{
	double seconds;
	int64_t date;

	if (number(value, &seconds)) {
		*ms = (uint64_t)(seconds * 1000);
		return true;
	}
	if (!http_date(value, &date))
		return false;
	*ms = date > now ? (uint64_t)(date - now) * 1000 : 0;
	return true;
}

bool retry_after_ms(struct slice value, uint64_t *ms)
{
	double n;

	if (!number(value, &n))
		return false;
	*ms = (uint64_t)n;
	return true;
}
