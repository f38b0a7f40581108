/* event_wire.h - an event of a task (event.h) as a JSON object, `type` first: the lines of --json, and what
 * one face tells another. Fields may be added, none is removed. */
#ifndef EMEND_PEERS_EVENT_WIRE_H
#define EMEND_PEERS_EVENT_WIRE_H

#include "agent/event.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

void event_write(struct jw *w, const struct task_event *ev);
/* The other way; in the arena, and as long as the JSON. What is not there is empty. False: it is no event
 * that this program knows. */
bool event_read(struct arena *a, struct json v, struct task_event *out);

#endif
