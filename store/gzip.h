/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text as a gzip file, the same bytes for the same text: no time, no name.
 */
#ifndef STORE_GZIP_H
#define STORE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends to `ret`. */
void vz_gzip_write(const void *data, size_t len, struct vz_buf *ret);
/* Appends what a gzip file holds, all of its members, to `ret`; of a longer text only the first `limit` bytes. False: it is
 * damaged, and what could be read of it is in `ret`. */
bool vz_gzip_read(const void *data, size_t len, size_t limit, struct vz_buf *ret);

#endif
