/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a package family's reader and ingest say to each other.
 *
 * A reader (store/package_deb.c, package_rpm.c) takes an open package apart and hands on,
 * in this order of calls for each path: vz_sink_entry(), for a regular file
 * vz_sink_data() until its size is reached.  Members that installing needs are
 * kept with vz_sink_member(), at any time.  A reader checks its family's
 * grammar; the sink (store/ingest.c) checks paths, links, types, sizes and
 * limits, and owns everything that comes out.
 */
#ifndef STORE_PACKAGE_H
#define STORE_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vz_sink;

struct vz_package_entry {
	const char *path;        /* as the package has it; relative or absolute; "." is the root */
	const char *target;      /* of a symbolic or hard link, else NULL */
	bool hard_link;
	uint32_t mode;           /* as st_mode, type included */
	uint32_t uid, gid, major, minor;
	uint64_t size;           /* regular files: exactly so many bytes follow */
	int64_t mtime;
	const void *capability;  /* value of the attribute security.capability, or NULL */
	size_t capability_len;
};

int vz_sink_entry(struct vz_sink *k, const struct vz_package_entry *e, struct vz_err *err);
int vz_sink_data(struct vz_sink *k, const void *data, size_t len, struct vz_err *err);
/* A regular file, mode 0644 or as given, owned by root, with all its content. */
int vz_sink_file(struct vz_sink *k, const char *path, uint32_t mode, int64_t mtime, const void *data, size_t len,
		 struct vz_err *err);
/* Keeps a member in the record. */
void vz_sink_member(struct vz_sink *k, const char *name, const void *data, size_t len);

struct vz_package_ops {
	const char *family;
	/* Reads the package `fd` from its start to its end. */
	int (*read)(int fd, struct vz_sink *k, struct vz_err *err);
};

extern const struct vz_package_ops vz_package_deb, vz_package_rpm;

#endif
