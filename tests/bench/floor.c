/* floor.c - what the measurements are held against: the least that could do the same.
 *
 *   floor lsp              answers every request with null: read, find the id, write
 *   floor spawn N ARGV...  runs ARGV N times, one after the other; prints microseconds per run
 *   floor rewrite DIR N TEXT [sync]
 *                          writes DIR/d0/f0 and so on, N files, each by temporary file and rename;
 *                          sync: they are on the disk at the end */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static bool write_one(const char *dir, long i, const char *bytes, size_t len)
{
	char path[512], temporary[520];
	bool ok;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/d%ld/f%ld", dir, i / 100, i);
	(void)snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ok = fd >= 0 && write(fd, bytes, len) == (ssize_t)len;
	if (fd >= 0)
		(void)close(fd);
	return ok && rename(temporary, path) == 0;
}

static int rewrite(const char *dir, long n, const char *text, bool sync)
{
	char bytes[4096], path[512];
	bool ok = mkdir(dir, 0755) == 0 || errno == EEXIST;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (long i = 0; i < n && ok; i++) {
		memset(bytes, '.', sizeof(bytes));
		bytes[snprintf(bytes, sizeof(bytes), "%s of file %ld\n", text, i)] = '.';
		(void)snprintf(path, sizeof(path), "%s/d%ld", dir, i / 100);
		ok = (i % 100 != 0 || mkdir(path, 0755) == 0 || errno == EEXIST) &&
		     write_one(dir, i, bytes, sizeof(bytes));
	}
	ok = ok && fd >= 0 && (!sync || syncfs(fd) == 0);
	if (!ok)
		fprintf(stderr, "floor: %s: %s\n", dir, strerror(errno));
	return !ok;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "lsp") == 0)
		return lsp();
	if (argc >= 4 && strcmp(argv[1], "spawn") == 0 && strtol(argv[2], NULL, 10) > 0)
		return spawn(strtol(argv[2], NULL, 10), argv + 3);
	if (argc >= 5 && strcmp(argv[1], "rewrite") == 0)
		return rewrite(argv[2], strtol(argv[3], NULL, 10), argv[4], argc > 5);
	fputs("usage: floor lsp | floor spawn N ARGV... | floor rewrite DIR N TEXT [sync]\n",
	      stderr);
	return 2;
}
