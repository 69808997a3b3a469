/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A package family's reader, as ingest calls it.
 *
 * A reader (store/package_deb.c, package_rpm.c) takes an open package apart and
 * gives its files to a sink (store/sink.h), and to the record the members that
 * installing needs.  A reader checks its family's grammar; the sink checks
 * paths, links, types, sizes and limits.
 */
#ifndef STORE_PACKAGE_H
#define STORE_PACKAGE_H

#include "store/record.h"
#include "store/sink.h"

struct vz_package_ops {
	const char *family;
	/* Reads the package `fd` from its start to its end; the tree of `r` is the sink's. */
	int (*read)(int fd, struct vz_sink *k, struct vz_record *r, struct vz_err *err);
};

extern const struct vz_package_ops vz_package_deb, vz_package_rpm;

#endif
