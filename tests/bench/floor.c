/* floor.c - what the measurements are held against: the least that could do the same.
 *
 *   floor lsp              answers every request with null: read, find the id, write
 *   floor spawn N ARGV...  runs ARGV N times, one after the other; prints microseconds per run */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool read_header(size_t *length)
{
	char line[256];

	*length = 0;
	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == '\r' || line[0] == '\n')
			return *length > 0;
		if (strncmp(line, "Content-Length:", 15) == 0)
			*length = strtoull(line + 15, NULL, 10);
	}
	return false;
}

/* Requests have a member id, and our driver writes it as the first: {"id":N, */
static bool request_id(const char *body, size_t len, unsigned *id)
{
	if (len < 7 || memcmp(body, "{\"id\":", 6) != 0)
		return false;
	*id = (unsigned)strtoul(body + 6, NULL, 10);
	return true;
}

static int lsp(void)
{
	size_t length, cap = 0;
	char *body = NULL;

	while (read_header(&length)) {
		char reply[128];
		unsigned id;
		int n;

		if (length >= cap) {
			cap = length + 1;
			body = realloc(body, cap);
			if (!body)
				return 1;
		}
		if (fread(body, 1, length, stdin) != length)
			break;
		body[length] = '\0';
		if (!request_id(body, length, &id))
			continue;
		n = snprintf(reply, sizeof(reply), "{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":null}", id);
		printf("Content-Length: %d\r\n\r\n%s", n, reply);
		fflush(stdout);
	}
	free(body);
	return 0;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static int spawn(long n, char **argv)
{
	int64_t start = now_us();

	for (long i = 0; i < n; i++) {
		int status;
		pid_t pid;
		int failed = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

		if (failed) {
			fprintf(stderr, "floor: %s: %s\n", argv[0], strerror(failed));
			return 1;
		}
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (status != 0)
			return 1;
	}
	printf("%" PRId64 "\n", (now_us() - start) / n);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "lsp") == 0)
		return lsp();
	if (argc >= 4 && strcmp(argv[1], "spawn") == 0 && strtol(argv[2], NULL, 10) > 0)
		return spawn(strtol(argv[2], NULL, 10), argv + 3);
	fputs("usage: floor lsp | floor spawn N ARGV...\n", stderr);
	return 2;
}
