/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ingest: an open, verified package file becomes objects and a record.
 *
 * Knows nothing of where the package came from: the caller has checked its
 * size and digest against signed metadata.  The family's reader
 * (store/package_deb.c, package_rpm.c) stands behind an ops table; it streams
 * files into a sink (store/sink.h), which enforces the limits (1 M files, 4 KiB
 * paths, here 200:1 expansion), hashes, stores what is new, and builds the tree.
 * Nothing is ever unpacked into a directory.
 *
 * Safe to call from several threads at once on one store.
 */
#ifndef STORE_INGEST_H
#define STORE_INGEST_H

#include "store/record.h"

struct vz_ingest_result {
	uint64_t files, bytes, new_bytes;
};

/* `family`: "deb" or "rpm". `fd` is read from offset 0; it stays open. `digest`: the key
 * of the record. Does nothing if the record exists. */
int vz_ingest(struct vz_store *s, const char *family, int fd, const char *digest, struct vz_ingest_result *ret,
	      struct vz_err *err);

#endif
