/* view_sources.h - which places of the machine commands may read. */
#ifndef EMEND_SANDBOX_VIEW_SOURCES_H
#define EMEND_SANDBOX_VIEW_SOURCES_H

/* Folders, or symlinks in their place, NULL-terminated. */
extern const char *const view_system_dirs[];
/* In /etc: what programs need and what holds no secret, NULL-terminated. */
extern const char *const view_etc[];
extern const char *const view_etc_own[]; /* ours in a view, the machine's without */
extern const char *const view_devices[];

#endif
