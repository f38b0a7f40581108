/* versions.h - the versions of the libraries that only this folder may include. */
#ifndef EMEND_STORE_VERSIONS_H
#define EMEND_STORE_VERSIONS_H

const char *store_sqlite_version(void);
void store_mbedtls_version(char out[32]);

#endif
