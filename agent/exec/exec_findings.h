/* exec_findings.h - findings of exec_validate.h as they are collected. Internal to agent/exec. */
#ifndef EMEND_EXEC_FINDINGS_H
#define EMEND_EXEC_FINDINGS_H

#include "agent/policy/commands.h"
#include "protocol/base/arena.h"
#include "protocol/base/slice.h"

enum { FINDINGS_MAX = 200 };

/* `rule` is one of: syntax, network, file, process, privilege, destructive, dynamic, unknown. */
struct finding_row {
	struct slice rule, message;
	int64_t line, column; /* from 1 */
};
struct findings {
	struct arena *arena; /* of the texts */
	struct finding_row of[FINDINGS_MAX];
	size_t n;
};

/* Copies; over FINDINGS_MAX nothing is added. */
void findings_add(struct findings *f, struct slice rule, int64_t line, int64_t column,
		  struct slice message);
/* exec_shell.c: the commands of a shell script, by Emend's own parser. */
void findings_of_shell(struct findings *f, struct slice text);
/* exec_shell_args.c: what the arguments of one command say. */
void findings_of_arguments(struct findings *f, const struct shell_cmd *c, int64_t line,
			   int64_t column);

#endif
