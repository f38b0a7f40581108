/* versions.c - see versions.h */
#include "agent/store/versions.h"

#include <mbedtls/version.h>
#include <sqlite3.h>
#include <stdio.h>

const char *store_sqlite_version(void)
{
	return sqlite3_libversion();
}

void store_mbedtls_version(char out[32])
{
	unsigned n = mbedtls_version_get_number();

	(void)snprintf(out, 32, "%u.%u.%u", n >> 24, n >> 16 & 255, n >> 8 & 255);
}
