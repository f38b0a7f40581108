/* ignore.c - see ignore.h */
#include "agent/worker/ignore.h"

#include <git2/sys/repository.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/git_lib.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

struct ignore {
	const struct git_lib *git;
	git_repository *repo;
};

/* .git/info/exclude: the user's own, not versioned rules. */
static void add_exclude(struct ignore *ig, struct slice root)
{
	char path[LIMIT_PATH_BYTES], text[64 * 1024];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%.*s/.git/info/exclude", SLICE_ARG(root));
	f = fopen(path, "re");
	if (!f)
		return;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	(void)ig->git->git_ignore_add_rule(ig->repo, text);
	(void)fclose(f);
}

bool ignore_open(struct slice root, struct ignore **out, struct err *err)
{
	const struct git_lib *git = git_lib(err);
	struct ignore *ig;
	char *path;
	bool ok;

	if (!git)
		return false;
	ig = xcalloc(1, sizeof(*ig));
	ig->git = git;
	path = xslicedup(root);
	ok = git->git_repository_new(&ig->repo) == 0 &&
	     git->git_repository_set_workdir(ig->repo, path, 0) == 0;
	free(path);
	if (!ok) {
		git_lib_error(git, err, "The ignore rules cannot be read");
		ignore_close(ig);
		return false;
	}
	add_exclude(ig, root);
	*out = ig;
	return true;
}

void ignore_close(struct ignore *ig)
{
	if (!ig)
		return;
	ig->git->git_repository_free(ig->repo);
	free(ig);
}

bool ignore_match(struct ignore *ig, const char *rel, bool is_dir)
{
	char path[LIMIT_PATH_BYTES];
	const char *name = strrchr(rel, '/');
	int ignored = 0, n;

	if (strcmp(name ? name + 1 : rel, ".git") == 0)
		return true;
	if (!ig)
		return false;
	n = snprintf(path, sizeof(path), "%s%s", rel, is_dir ? "/" : "");
	if (n < 0 || (size_t)n >= sizeof(path))
		return true;
	return ig->git->git_ignore_path_is_ignored(&ignored, ig->repo, path) == 0 && ignored == 1;
}
