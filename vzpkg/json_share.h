/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON documents of verbs that give templates away and take them; see vzpkg/json.h.
 */
#ifndef VZPKG_JSON_SHARE_H
#define VZPKG_JSON_SHARE_H

#include "share/export.h"

/* {"name","version","format","to","digest","size"} */
void vz_json_export(const struct vz_export *e, const char *format);

#endif
