/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sinks: entries of an archive become a tree and objects.
 *
 * Who takes an archive apart, a package or a layer, hands on, in this order of
 * calls for each path: vz_sink_entry(), for a regular file vz_sink_data() until
 * its size is reached.  Nothing is ever unpacked into a directory.
 *
 * A sink takes nothing on trust: it refuses traversal, a parent that is no
 * directory in the same archive, a path that is there twice, impossible links,
 * whiteouts, more than 1 M names and more bytes than it was told to take.
 */
#ifndef STORE_SINK_H
#define STORE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"
#include "store/tree.h"

struct vz_sink;

struct vz_sink_item {
	const char *path;        /* as the archive has it; relative or absolute; "." is the root */
	const char *target;      /* of a symbolic or hard link, else NULL */
	bool hard_link;
	uint32_t mode;           /* as st_mode, type included */
	uint32_t uid, gid, major, minor;
	uint64_t size;           /* regular files: exactly so many bytes follow */
	int64_t mtime;
	uint32_t mtime_nsec;
	const struct vz_xattr *xattrs;
	size_t n_xattrs;
};

/* `owner` of a node that a sink made. */
enum vz_sink_origin {
	VZ_SINK_ENTRY,           /* an entry said so */
	VZ_SINK_IMPLIED,         /* a directory that only entries below it name: 0755, root's */
};

/* Fills `tree`. `most`: bytes of all contents together. */
struct vz_sink *vz_sink_new(struct vz_store *s, struct vz_tree *tree, uint64_t most);
void vz_sink_free(struct vz_sink *k);
VZ_AUTO(struct vz_sink, vz_sink_free)
#define auto_sink VZ_CLEANUP(vz_sink_free)

int vz_sink_entry(struct vz_sink *k, const struct vz_sink_item *e, struct vz_err *err);
int vz_sink_data(struct vz_sink *k, const void *data, size_t len, struct vz_err *err);
/* A regular file with all its content, owned by root. */
int vz_sink_file(struct vz_sink *k, const char *path, uint32_t mode, int64_t mtime, const void *data, size_t len,
		 struct vz_err *err);
/* An entry whose inode is a copy of `from`, of another tree. */
int vz_sink_copy(struct vz_sink *k, const struct vz_sink_item *e, const struct vz_node *from, struct vz_err *err);
/* Fails in the middle of a file; counts the tree's links. */
int vz_sink_end(struct vz_sink *k, struct vz_err *err);
/* Bytes of objects that were not in the store. */
uint64_t vz_sink_new_bytes(const struct vz_sink *k);

#endif
