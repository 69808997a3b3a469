/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * URLs as recipes and mirror lists give them.  They may carry a user and a
 * password; what is told to people or written to a log goes through
 * vz_url_public() first.
 */
#ifndef RESOLVER_URL_H
#define RESOLVER_URL_H

#include <stdbool.h>

/* Is it an absolute http, https, ftp or file URL of printable ASCII, at most 2 KiB. */
bool vz_url_is_sane(const char *url);
/* The file URL of an absolute path; variables of recipes stay as they are. NULL: it is none. To be freed. */
char *vz_url_of_path(const char *path);
/* Without user and password. To be freed. */
char *vz_url_public(const char *url);

#endif
