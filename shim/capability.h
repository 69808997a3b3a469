/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * File capabilities: from the text that packages have (cap_from_text(3)) to the
 * bytes that the attribute security.capability holds (capabilities(7), "File
 * capability extended attribute versioning"): version 2, which is for any user
 * name space that maps root, as on a host.  libcap reads the text.
 */
#ifndef SHIM_CAPABILITY_H
#define SHIM_CAPABILITY_H

#include "base/err.h"

#define VZ_CAPABILITY_LEN 20

/* An effective set that is neither empty nor all of the others is refused, as cap_set_file(3) does: a file
 * has one bit for it. */
int vz_capability_read(const char *text, unsigned char ret[VZ_CAPABILITY_LEN], struct vz_err *err);

#endif
