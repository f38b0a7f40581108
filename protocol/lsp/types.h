/* types.h - the small vocabulary of LSP 3.18 that has no better home: positions, ranges and the
 * numbers that stand for names. JSON-RPC error codes are enum rpc_code in rpc/message.h. */
#ifndef EMEND_LSP_TYPES_H
#define EMEND_LSP_TYPES_H

#include "protocol/json/json.h"
#include "protocol/json/write.h"

struct position {
	uint32_t line;	    /* from 0 */
	uint32_t character; /* from 0, in units of the negotiated encoding */
};

struct range {
	struct position start, end; /* end is exclusive */
};

/* False if it is not there or not a position. Numbers over UINT32_MAX are clamped to it. */
NODISCARD bool position_read(struct json v, struct position *out);
NODISCARD bool range_read(struct json v, struct range *out); /* false also if end is before start */
void position_write(struct jw *w, struct position p);
void range_write(struct jw *w, struct range r);
int position_cmp(struct position a, struct position b);

enum lsp_message_type {
	LSP_MESSAGE_ERROR = 1,
	LSP_MESSAGE_WARNING = 2,
	LSP_MESSAGE_INFO = 3,
	LSP_MESSAGE_LOG = 4,
	LSP_MESSAGE_DEBUG = 5,
};

enum lsp_trigger_kind { LSP_TRIGGER_INVOKED = 1, LSP_TRIGGER_AUTOMATIC = 2 };

enum lsp_sync_kind { LSP_SYNC_NONE = 0, LSP_SYNC_FULL = 1, LSP_SYNC_INCREMENTAL = 2 };

enum lsp_severity {
	LSP_SEVERITY_ERROR = 1,
	LSP_SEVERITY_WARNING = 2,
	LSP_SEVERITY_INFORMATION = 3,
	LSP_SEVERITY_HINT = 4,
};

enum lsp_file_change { LSP_FILE_CREATED = 1, LSP_FILE_CHANGED = 2, LSP_FILE_DELETED = 3 };

#endif
