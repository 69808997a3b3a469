/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text as a gzip file, the same bytes for the same text: no time, no name.
 */
#ifndef STORE_GZIP_H
#define STORE_GZIP_H

#include <stddef.h>

#include "base/buf.h"

/* Appends to `ret`. */
void vz_gzip_write(const void *data, size_t len, struct vz_buf *ret);

#endif
