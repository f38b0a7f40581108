/* log_file.h - the file of a session's log, and the lines in it; for agent/store only.
 *
 * Everything here blocks: it is called on the store's thread, or where a log is opened. */
#ifndef EMEND_LOG_FILE_H
#define EMEND_LOG_FILE_H

#include "agent/base/sha256.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"
#include "protocol/json/write.h"

/* In the session's folder: see prune.c. */
#define SESSION_SIZE_FILE "blobs.size"
/* Removes FOLDER/blobs of a session; the caller holds the log's lock. folder ends in NUL. */
void session_remove_blobs(struct arena *a, struct slice folder);

/* --- a line that is being written --- */

struct log_line {
	struct buf text;
	struct jw w;
	const char *type;
};

void log_line_init(struct log_line *l);
void log_line_release(struct log_line *l);
/* {"seq":SEQ,"time":...,"type":...: the caller adds the fields. */
struct jw *log_line_begin(struct log_line *l, uint64_t seq, const char *type);
/* Closes the line with its hash, which follows *head, and moves *head on. ERR_TOO_LARGE: nothing was
 * changed, and the line is dropped. The text is valid until the next begin. */
NODISCARD bool log_line_end(struct log_line *l, struct sha256_hex *head, struct err *err);

/* --- the file --- */

struct log_file {
	const char *path; /* borrowed */
	int fd;		  /* locked, O_APPEND; -1: not open */
	uint64_t end;	  /* bytes of whole lines in it */
	struct err why;	  /* a write failed: nothing more is written; ERR_NONE if not */
};

/* Makes the folder and the file, or opens and checks what is there, and cuts off what a crash left of
 * a last line. *seq, *head: of the last line. ERR_DENIED if another emend has it open. */
NODISCARD bool log_file_open(struct log_file *f, struct slice state_dir, struct slice session,
			     struct arena *a, uint64_t *seq, struct sha256_hex *head,
			     struct err *err);
void log_file_close(struct log_file *f);
/* Whole lines. A write that fails halfway is cut off again. */
NODISCARD bool log_file_append(struct log_file *f, struct slice lines, struct err *err);
NODISCARD bool log_file_sync(struct log_file *f, struct err *err);

#endif
