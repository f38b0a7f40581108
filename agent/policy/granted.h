/* granted.h - what the user answered "always" to: rules for commands and for hosts that hold in one
 * workspace until the program ends; those for commands also in later runs, where the user said so.
 *
 * The latter stand in a file of Emend's state, one JSON object {workspace, rule} a line. The user's
 * configuration is theirs: a program that rewrites it loses their comments. */
#ifndef EMEND_GRANTED_H
#define EMEND_GRANTED_H

#include "agent/policy/hosts.h"

struct granted;

/* file: the rules of earlier runs, copied; NULL: none are read or saved. What cannot be read of it is
 * left out, with a line in the log: it is asked again then. */
struct granted *granted_new(const char *file);
void granted_free(struct granted *g); /* NULL is fine */
/* Copies both. A rule that stands there already is not added twice; at most 256 are kept. */
void granted_add(struct granted *g, struct slice workspace, struct slice rule);
/* Keeps the rule for later runs, too. ERR_IO says that it could not be written. */
NODISCARD bool granted_save(struct granted *g, struct slice workspace, struct slice rule,
			    struct err *err);
/* The workspace's rules for commands, borrowed; returns how many there are, at most max. */
size_t granted_rules(const struct granted *g, struct slice workspace, struct slice *out,
		     size_t max);
/* Adds the workspace's rules to the policy, as allowed. */
void granted_apply(const struct granted *g, struct slice workspace, struct policy *p);
/* The same for hosts. */
void granted_add_host(struct granted *g, struct slice workspace, struct slice rule);
void granted_hosts(const struct granted *g, struct slice workspace, struct hosts *h);

#endif
