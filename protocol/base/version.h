/* version.h - the version of the program, in one place. */
#ifndef EMEND_VERSION_H
#define EMEND_VERSION_H

#define EMEND_VERSION "0.1.0"

#endif
