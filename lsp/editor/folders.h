/* folders.h - the workspace folders of the editor.
 *
 * A task works in one folder, under its resolved path; the editor's documents may be spelled
 * through
 * symbolic links. So each folder knows both, and paths are translated at this edge. */
#ifndef EMEND_LSP_FOLDERS_H
#define EMEND_LSP_FOLDERS_H

#include "protocol/base/limits.h"
#include "protocol/json/json.h"

struct folder {
	char *path; /* as the editor spells it, decoded, without a final '/' */
	char *real; /* resolved; equal to path if it does not exist */
};

struct folders {
	struct folder list[LIMIT_FOLDERS];
	size_t n;
};

/* From workspaceFolders, else rootUri, else rootPath of the initialize parameters. */
void folders_init(struct folders *f, struct json initialize_params);
void folders_release(struct folders *f);
void folders_change(struct folders *f,
		    struct json event); /* {added, removed} of didChangeWorkspaceFolders */

/* The workspace of a task about the file at `path` ("" = none), and that file inside it, both
 * resolved as
 * far as the folder goes; in the arena. The deepest folder that holds it; else the first folder
 * for no file; else
 * the file's own folder, or the working directory. */
void folders_place(const struct folders *f, struct arena *a, struct slice path,
		   struct slice *workspace, struct slice *real);
/* The editor's spelling of a path under a resolved folder: *out; false if there is none other
 * than itself. Call
 * with *at = 0 first, for each possible spelling. */
bool folders_spelling(const struct folders *f, struct arena *a, struct slice real, size_t *at,
		      struct slice *out);

#endif
