/* tool_folder.h - folders of tools, which make them anew, by name. Where the project ignores one, commands use the real
 * one, so that builds stay incremental and nothing large is copied. The ignore rules alone do not decide: they are the
 * project's own word. */
#ifndef EMEND_TOOL_FOLDER_H
#define EMEND_TOOL_FOLDER_H

#include "protocol/base/slice.h"

bool is_tool_folder(struct slice path); /* by the last of its names */

#endif
