/* request_plan.h - inside agent/model: a transcript as the flat list of what a request will hold, with the
 * rules that every provider shares: the first item is the user's; results come first in the user turn after
 * their calls, one for each call, in the order of the calls; no text is empty; what the provider said in its
 * own words (raw) goes back only to the model that said it; in place of an image that the model does not take a
 * sentence stands. */
#ifndef EMEND_REQUEST_PLAN_H
#define EMEND_REQUEST_PLAN_H

#include "agent/model/transcript.h"
#include "protocol/base/err.h"
#include "protocol/json/write.h"

struct plan_item {
	enum role role;
	const struct block *block; /* for a missing result: the call */
	bool missing;		   /* a call that nobody answered */
	bool same;		   /* said by the model that is asked now: raw may go back */
	bool mark;		   /* for dialects that mark what is to be cached */
};

struct request_plan {
	struct arena arena;
	const struct transcript *t;
	struct slice model; /* full name */
	unsigned images;    /* types that it takes */
	struct plan_item *items;
	size_t n, cap;
};

/* Borrows the transcript and the model's name. ERR_INTERNAL: the transcript is no conversation. Release it
 * in either case. */
NODISCARD bool request_plan(struct request_plan *p, const struct transcript *t, struct slice model,
			    unsigned images, struct err *err);
void request_plan_release(struct request_plan *p);
/* Is this item the answer to a call? */
bool plan_is_result(const struct plan_item *it);
/* What the model is told of it; never empty. */
struct slice plan_result_text(const struct plan_item *it);
bool plan_result_is_error(const struct plan_item *it);
/* What is to be shown behind its text; NULL: none. */
const struct image *plan_image(const struct plan_item *it);

/* The members that two APIs want of an image: "data:image/png;base64,..." under key; the type under one key and the
 * base64 under another. */
void request_image_url(struct jw *w, const char *key, const struct image *i);
void request_image(struct jw *w, const char *type_key, const char *data_key, const struct image *i);

/* A member whose text is without control characters, which APIs refuse or models stumble over. */
void request_text(struct jw *w, const char *key, struct slice text);
/* An id that every provider takes (at most 64 letters, digits, _ and -): another is replaced by its hash.
 * digits > 0: exactly so many letters and digits, which one provider wants. */
void request_id(struct jw *w, const char *key, struct slice id, size_t digits);

#endif
