/* folder.h - where the faces of a user find each other: one folder, with two files for each face.
 *
 *   12345-9f3ac1        its socket, named by process and a random number
 *   12345-9f3ac1.open   what it works on and holds, one a line: "root /path", "open /path", or
 *                       "task /path" for each task that runs there (board.h)
 *
 * The folder belongs to the user and to nobody else's eyes (0700), and whoever is at the other end of a
 * socket must be the same user. It is one folder for all workspaces, not one for each: a terminal may
 * work in a part of what an editor has open, or in a folder above it, and an editor has files of
 * several folders. The list beside the socket tells who matters for a workspace, also of a face that
 * does not answer. */
#ifndef EMEND_PEERS_FOLDER_H
#define EMEND_PEERS_FOLDER_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum { FACE_NAME_MAX = 40 };

/* $XDG_RUNTIME_DIR/emend, or /run/user/UID/emend, or /tmp/emend-UID: the first whose parent can be used.
 * Made if it is not there. ERR_DENIED: it is not ours alone. NUL-terminated. */
NODISCARD bool peers_folder(struct arena *a, struct slice *out, struct err *err);

/* A face that was found. */
struct found_face {
	char name[FACE_NAME_MAX];
	int pid;
	struct slice list; /* the text of its .open file; in the arena */
};
/* All faces of the folder but the one named `own`; the files of dead ones are removed. Blocks: for a worker thread.
 * At most LIMIT_PEERS of them. */
size_t peers_scan(struct arena *a, const char *folder, const char *own, struct found_face **out);
/* Writes the .open file of a face, in one step. Blocks: for a worker thread. */
NODISCARD bool peers_write_list(const char *folder, const char *name, struct slice text,
				struct err *err);
/* Removes both files of a face. Blocks shortly: two calls of unlink. */
void peers_remove(const char *folder, const char *name);
enum face_line { FACE_ROOT, FACE_OPEN, FACE_TASK };
/* Calls fn for each path of a list. */
void peers_each_line(struct slice list,
		     void (*fn)(void *payload, enum face_line kind, struct slice path),
		     void *payload);

#endif
