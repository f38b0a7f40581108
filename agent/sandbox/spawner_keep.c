/* spawner_keep.c - see spawner.h: a long output lies in the commands' own /tmp, for later commands.
 *
 * The runner has it in a file without a name, and cannot see that folder; commands can, and may have
 * put anything there. So the file is made new, without following a link, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/sandbox/spawner.h"

static bool copy_all(int to, int from, off_t bytes)
{
	off_t at = 0;

	while (at < bytes) {
		ssize_t n = sendfile(to, from, &at, (size_t)(bytes - at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : EIO;
			return false;
		}
	}
	return true;
}

static bool copy_to(const char *path, int from, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	bool ok;

	if (fd < 0)
		return err_set(err, ERR_IO, "%s: %s.", path, strerror(errno));
	ok = fstat(from, &st) == 0 && copy_all(fd, from, st.st_size);
	if (!ok)
		err_set(err, ERR_IO, "%s: %s.", path, strerror(errno));
	(void)close(fd);
	if (!ok)
		(void)unlink(path); /* half of an output would be taken for all of it */
	return ok;
}

void spawner_keep_file(const struct spawner *s, uint64_t id, int from)
{
	struct spawn_kept kept = { .why = { .code = ERR_NONE } };

	(void)snprintf(kept.path, sizeof(kept.path), "%s/output-%llu.txt",
		       *s->tmp ? s->tmp : "/tmp", (unsigned long long)id);
	if (!copy_to(kept.path, from, &kept.why))
		kept.path[0] = 0;
	if (!spawn_send_fd(s->sock, &kept, sizeof(kept), -1))
		return; /* the runner has ended, which the loop sees */
}
