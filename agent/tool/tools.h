/* tools.h - the starts of all tools, one file each; the table is in tools.c. Each is called once by
 * tool_start() with a run whose input is an object with our names, and finishes the run or begins to wait. */
#ifndef EMEND_TOOLS_H
#define EMEND_TOOLS_H

#include "agent/tool/tool.h"

void read_file_start(struct tool_run *r);
void list_files_start(struct tool_run *r);
void search_start(struct tool_run *r);
void edit_file_start(struct tool_run *r);
void apply_patch_start(struct tool_run *r);
void write_file_start(struct tool_run *r);
void run_command_start(struct tool_run *r);
void command_output_start(struct tool_run *r);
void execute_code_start(struct tool_run *r);
void update_plan_start(struct tool_run *r);
void ask_user_start(struct tool_run *r);
void diagnostics_start(struct tool_run *r);
void references_start(struct tool_run *r);
void definition_start(struct tool_run *r);
void rename_start(struct tool_run *r);
void load_skill_start(struct tool_run *r);

#endif
