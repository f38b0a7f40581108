/* slow_sync.c - preloaded: every sync of the disk takes SLOW_SYNC_MS milliseconds more. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int slow(const char *name, int fd)
{
	const char *text = getenv("SLOW_SYNC_MS");
	long ms = text ? strtol(text, NULL, 10) : 0;
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	int (*real)(int) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, name);
	(void)nanosleep(&t, NULL);
	return real ? real(fd) : -1;
}

int fsync(int fd)
{
	return slow("fsync", fd);
}

int fdatasync(int fd)
{
	return slow("fdatasync", fd);
}

int syncfs(int fd)
{
	return slow("syncfs", fd);
}
