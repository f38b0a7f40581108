/* question_documents.c - see question_documents.h
 *
 * Files of their own, as not every editor can show a text without one. They lie in the state
 * folder, can be read by the user only, and the last few are kept, as an editor may still show
 * them. */
#include "lsp/editor/question_documents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

static bool write_whole(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0;

	while (ok && text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		ok = n > 0;
		text = slice_sub(text, ok ? (size_t)n : 0, text.len);
	}
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok;
}

const char *question_documents_add(struct question_documents *d, struct arena *a,
				   struct slice state_dir, const char *ending, struct slice text)
{
	char **slot = &d->path[d->next % QUESTION_DOCUMENTS];
	struct slice dir = arena_printf(a, "%.*s/asked", SLICE_ARG(state_dir));
	struct slice path = arena_printf(a, "%s/emend-%ld-%u.%s", dir.ptr, (long)getpid(),
					 d->next + 1, ending);

	if (mkdir(dir.ptr, 0700) != 0 && errno != EEXIST)
		log_warn("%s: %s", dir.ptr, strerror(errno));
	(void)unlink(path.ptr); /* of another process that had this number */
	if (!write_whole(path.ptr, text)) {
		log_warn("%s: %s", path.ptr, strerror(errno));
		return NULL;
	}
	if (*slot)
		(void)unlink(*slot);
	free(*slot);
	*slot = xslicedup(path);
	d->next++;
	return path.ptr;
}

void question_documents_release(struct question_documents *d)
{
	for (size_t i = 0; i < QUESTION_DOCUMENTS; i++) {
		if (d->path[i])
			(void)unlink(d->path[i]);
		free(d->path[i]);
	}
}
