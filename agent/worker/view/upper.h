/* upper.h - the private folder in which one command writes: what lies in it afterwards is what the
 * command changed.
 *
 *   VIEWS/r-ID           of this runner, locked while it lives; what the dead left is removed
 *	NUMBER/u	the upper layer; unsaved text is put there before the command starts
 *	NUMBER/w	the overlay's own
 *	NUMBER/old	where real files go that the command removed
 *	NUMBER/packN	what files hold before and after, for undo, until the server takes it
 *
 * The command is dead when its layer is read, but everything in it is of its making: links are
 * never followed, nothing but regular files is opened. */
#ifndef EMEND_WORKER_UPPER_H
#define EMEND_WORKER_UPPER_H

#include <sys/types.h>

#include "agent/base/sha256.h"
#include "agent/worker/file/near.h"
#include "agent/worker/file/put.h"
#include "agent/worker/file/root.h"
#include "agent/worker/view/copy.h"
#include "agent/worker/view/places.h"
#include "agent/worker/view/spool.h"
#include "protocol/base/buf.h"
#include "protocol/base/list.h"

enum { UPPER_MANY = 256 }; /* changes, from which on work is spread */

struct views {
	char *path; /* of the runner's own folder; NULL: there is none */
	int fd;	    /* of it; -1: none */
};

/* Makes the runner's folder below `base` (absolute, made if missing, 0700) and removes those of
 * runners that ended. ERR_IO. */
NODISCARD bool views_open(struct views *v, struct slice base, struct err *err);
void views_clean(const struct views *v); /* removes those of runners that are gone */
void views_release(struct views *v);	 /* removes it */

/* A text that the editor holds and the disk does not, or the other way round. */
struct upper_open {
	char *rel;   /* where the file really lies; NULL: the command cannot see it */
	bool placed; /* the text differs from the file and was put into the layer */
	bool seen;   /* found again in the layer after the command */
	struct sha256_hex
		sha256; /* of what the command saw at the start; "" if there was no file */
};

enum upper_kind {
	UPPER_CREATED,
	UPPER_CHANGED,
	UPPER_REMOVED,
	UPPER_MODE,
	UPPER_TIME, /* nothing but its time, by which make judges; never listed */
};
enum upper_type {
	UPPER_FILE,
	UPPER_SYMLINK,
	UPPER_DIR,
	UPPER_SPECIAL,
	UPPER_BUNDLE, /* many new files that an ignore rule names: see upper_bundle.c */
};
enum upper_class {
	UPPER_ORDINARY,	 /* may be committed */
	UPPER_PROTECTED, /* only if the user says so */
	UPPER_NEVER,	 /* not at all */
	UPPER_QUIET,	 /* git's objects, what is in bundles, folders: with the rest, unasked */
};
struct upper_change {
	char *rel;
	enum upper_kind kind;
	enum upper_type type;
	enum upper_class class;
	const char *reason; /* of protected and never: static text */
	bool git;	    /* lies in the folder of a git repository */
	bool object;	    /* one of its objects, or what lies beside them: always quiet */
	bool stale;	    /* the real one was changed while the command ran */
	bool done;	    /* committed */
	bool ignored;	    /* a new file that an ignore rule names */
	bool tool;	    /* and it lies in a folder that tools make and the rule leaves out */
	uint32_t top; /* length of the path of the topmost folder that the rules leave out; 0: they
			       name the file itself */
	uint32_t bundle; /* of a file: 1 + index of the bundle that it goes with; 0: none */
	size_t files;	 /* of a bundle: in it */
	int open;	 /* index of the unsaved text of this file; -1: not open */
	struct sha256_hex before, after; /* "": no file; of a link: of its target */
	struct put_was was;		 /* the real one, when the layer was read */
	struct put_was made; /* the layer's file, without marks; exists false: not looked at */
	struct spool_place kept_before, kept_after; /* in u->spool */
	uint64_t size;			 /* after, bytes */
	struct timespec modified;	 /* after */
	uint32_t mode, old_mode;	 /* permission bits */
	uint32_t made_mode;		 /* all bits of `made`, and whose it is */
	uid_t made_uid;
	gid_t made_gid;
};

/* git_objects.c: a child that looks whether objects that a command removed exist elsewhere. */
struct git_check {
	pid_t child; /* 0: none runs */
	int ended;   /* a pipe that is at its end with it; -1: none */
	bool *goes;  /* shared with it: one for each change */
	size_t bytes;
};

struct upper {
	struct list link;
	uint64_t id;
	int dir;	      /* NUMBER */
	int fd;		      /* NUMBER/u */
	struct timespec mark; /* the file system's time before the command; what is changed from
				 then on has this ctime or a later one, and nothing else has */
	struct upper_open *open;
	size_t n_open;
	/* What the command did not see, and in which folders a change is not listed; NULL: none. */
	const struct places *places;
	struct upper_change *change;
	size_t n, cap, shown; /* shown: those that are not quiet */
	size_t n_times;	      /* of UPPER_TIME */
	size_t n_durable;     /* those that have to be on the disk first: not of bundles */
	size_t packs;
	bool in_memory;		 /* no other process can take a file from it */
	struct spool spool;	 /* what was read to be hashed, until a pack takes it over */
	struct near real, layer; /* while changes are applied */
	struct git_check check;
	struct copy copy;	   /* where there is no overlay: all of the workspace lies in u */
	pid_t early;		   /* upper_sync_early(); 0: not begun */
	bool too_many, too_large;  /* none of its changes is kept */
	uint64_t bytes, max_bytes; /* what its files occupy (a hole is none); max 0: no limit */
	/* A new folder cannot become real as a whole: some file may have been moved there, has other
	 * names, is not listed, or has other permissions for now. */
	bool one_by_one;
	bool rules_changed; /* the ignore rules, in this session: they hide nothing until the next */
	/* Of git: objects and packs that came, that go because they exist elsewhere, and that stay
	 * although the command removed or changed them, as they exist nowhere else. */
	struct {
		size_t added, removed, held;
		bool unsettled; /* some were removed, and u->check looks at them */
		bool failed;	/* some could not be added: then nothing may refer to them */
	} objects;
};

/* ERR_IO. */
NODISCARD bool upper_new(const struct views *v, uint64_t id, struct upper **out, struct err *err);
/* Forgets it and removes its folder; NULL is fine. */
void upper_free(const struct views *v, struct upper *u);
/* A time of the file system, in an open folder, that nothing before has: what is changed from then on has this
 * ctime or a later one. False: errno. */
NODISCARD bool upper_mark(int dir, struct timespec *mark);
/* Many files lie in it: a child brings them to the disk while they are looked at. They have to be there before
 * the workspace gets them, so it is less to wait for then, and nothing depends on it. */
void upper_sync_early(struct upper *u);
/* Puts an editor's text in place of the file. through: paths that commands reach directly. */
NODISCARD bool upper_place(struct upper *u, const struct root *r, const struct places *p,
			   struct slice path, struct slice text, struct err *err);

/* upper_walk.c: fills u->change, sorted: what is removed first, the deepest first. ERR_IO. Then, as soon as
 * nothing more can be read from u->check.ended (-1: at once), what becomes of them is settled. */
NODISCARD bool upper_walk(struct upper *u, const struct root *r, struct err *err);
NODISCARD bool upper_settle(struct upper *u, struct err *err);

/* upper_apply.c. Forgets the folders that are held open from one change to the next: after each slice of time. */
void upper_apply_pause(struct upper *u);
/* upper_apply.c: does to the real tree what one change did to the layer, atomically, if the real
 * file is still what it was: ERR_STALE, ERR_DENIED, ERR_IO. The caller makes it durable, once for
 * many. */
NODISCARD bool upper_apply(struct upper *u, const struct root *r, struct upper_change *c,
			   struct err *err);
/* Is it an object that must be there before what refers to it? */
bool upper_is_new_object(const struct upper_change *c);
/* upper_bundle.c: its files, as manifest.h lists them. False: they are too many for out. */
bool upper_bundle_list(const struct upper *u, const struct root *r, const struct upper_change *c,
		       struct buf *out);
/* All that is quiet. *failed: how many could not be done; *err: the first reason. */
void upper_apply_quiet(struct upper *u, const struct root *r, size_t *done, size_t *failed,
		       struct err *err);

/* --- shared by the files of this part --- */
/* Opens below a folder, no links at all; -1: errno. */
int upper_openat(int top, const char *rel, int flags);
/* The folder of rel below `top`, O_PATH; *base: the last component. -1: errno. */
int upper_parent(int top, const char *rel, const char **base);
/* upper_hash.c. Hash of a regular file, or of a link's target; "" if there is nothing or something else. */
NODISCARD bool upper_hash(int top, const char *rel, struct sha256_hex *out, struct err *err);
/* The same of what lies in an open folder, and what was seen of it. A file is read as far as it went then. */
NODISCARD bool upper_hash_at(int dir, const char *base, const struct stat *st, const char *rel,
			     struct sha256_hex *out, struct err *err);

#endif
