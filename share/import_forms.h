/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forms that an import can have, for share/import.c only: each reader fills an arrival.
 */
#ifndef SHARE_IMPORT_FORMS_H
#define SHARE_IMPORT_FORMS_H

#include "share/arrival.h"
#include "share/import.h"

int vz_import_oci(const struct vz_import *i, struct vz_arrival *ret, struct vz_err *err);
int vz_import_composefs(const struct vz_import *i, struct vz_arrival *ret, struct vz_err *err);
/* For what has no manifest of ours. VZ_USAGE if the user gave no name. */
int vz_import_needs_name(const struct vz_import *i, struct vz_err *err);

#endif
