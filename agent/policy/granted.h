/* granted.h - what the user answered "always" to: rules for commands and for hosts that hold in one
 * workspace until the program ends. For good, a rule is written into the user's config; Emend does not edit that file. */
#ifndef EMEND_GRANTED_H
#define EMEND_GRANTED_H

#include "agent/policy/hosts.h"

struct granted;

struct granted *granted_new(void);
void granted_free(struct granted *g); /* NULL is fine */
/* Copies both. A rule that stands there already is not added twice; at most 256 are kept. */
void granted_add(struct granted *g, struct slice workspace, struct slice rule);
/* Adds the workspace's rules to the policy, as allowed. */
void granted_apply(const struct granted *g, struct slice workspace, struct policy *p);
/* The same for hosts. */
void granted_add_host(struct granted *g, struct slice workspace, struct slice rule);
void granted_hosts(const struct granted *g, struct slice workspace, struct hosts *h);

#endif
