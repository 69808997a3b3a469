/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64 as RFC 4648 has it, with padding, in one piece.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends. */
void vz_base64_write(const void *bytes, size_t len, struct vz_buf *ret);
/* Appends the bytes. False: it is none, or has anything beside it. */
bool vz_base64_read(const char *text, size_t len, struct vz_buf *ret);

#endif
