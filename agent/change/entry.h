/* entry.h - what a change was beside text, as the log has it: a link, permissions, a folder. */
#ifndef EMEND_CHANGE_ENTRY_H
#define EMEND_CHANGE_ENTRY_H

#include "agent/worker/wire.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

enum restore_kind {
	RESTORE_TEXT,	/* the content of a file, text or not */
	RESTORE_LINK,	/* a link came, went or changed; maybe in place of a file */
	RESTORE_MODE,	/* permission bits only */
	RESTORE_FOLDER, /* a folder came (left is ENTRY_FOLDER) or went; never its content */
	RESTORE_BUNDLE, /* many files came, that a manifest lists (agent/worker/file/manifest.h) */
};
struct restore_entry {
	enum restore_kind kind;
	enum entry_kind before, left; /* of RESTORE_LINK, _FOLDER and _BUNDLE */
	uint32_t left_mode;	      /* permission bits that we left; 0: not known */
};
/* Into, and out of, an `edit` event of the log. */
void restore_entry_write(struct jw *w, const struct restore_entry *e); /* into an `edit` event */
struct restore_entry restore_entry_read(struct json event);

#endif
