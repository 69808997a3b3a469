/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tree as a tar archive, as GNU tar, libarchive and Go's archive/tar read it.
 *
 * Entries stand in the tree's order: parents first, names in byte order.  The
 * root is "./", other names have no "./" before them.  An entry is plain ustar
 * where that can say everything; else a pax header (POSIX.1-2001) goes before
 * it with what does not fit: long or large values, fractions of seconds, and
 * xattrs as SCHILY.xattr.KEY.  In a KEY, '%' and '=' are %25 and %3D, as GNU tar
 * has it.  Owners are numbers only.  The same tree gives the same bytes.
 *
 * Attributes of overlayfs (*.overlay.*) are left out, sockets are refused.  In an
 * OCI layer a whiteout (a device 0:0) is written as an empty file ".wh.NAME", so
 * other files with such a name are refused; elsewhere whiteouts are.  Each content is checked against its object's name while it is read.
 */
#ifndef SHARE_ARCHIVE_H
#define SHARE_ARCHIVE_H

#include "share/blob.h"
#include "store/store.h"
#include "store/tree.h"

enum vz_archive_kind { VZ_ARCHIVE_PLAIN, VZ_ARCHIVE_LAYER };

/* Writes all of `t`, whose links are in order (vz_tree_order_links()), and the end mark. */
int vz_archive_write(const struct vz_store *s, const struct vz_tree *t, enum vz_archive_kind kind,
		     struct vz_blob_writer *to, struct vz_err *err);

/* Is it an attribute that no archive and no bundle may carry. */
bool vz_xattr_is_overlay(const char *key);

#define VZ_TAR_BLOCK 512
/* A ustar header of a plain file, mode 0644; the name is one that fits, any size. */
void vz_tar_file_header(const char *name, uint64_t size, char ret[VZ_TAR_BLOCK]);

#endif
