/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tree as text: the composefs dump format, one line a node.
 *
 *     PATH SIZE MODE NLINK UID GID RDEV MTIME PAYLOAD CONTENT DIGEST [KEY=VALUE]…
 *
 * Fields are separated by one space, escapes are \\ \n \r \t \xHH, "-" means
 * not set, "@" before MODE makes the line a hard link to PAYLOAD.  A reader
 * takes lines in any order in which parents come first.  The writer's text is
 * canonical: depth first, children in byte order, xattrs by key, the first path
 * to an inode has the full line, directories have the size and link count that
 * the image gives them; so equal trees give equal text.
 *
 * The reader refuses what the reference tool accepts by accident (an escaped
 * NUL in a name, a malformed digest, a hard link to a directory).
 */
#ifndef STORE_DUMP_H
#define STORE_DUMP_H

#include <stddef.h>

#include "base/buf.h"
#include "store/tree.h"

/* `text` need not end in NUL. Errors name the line. Fills a new tree. */
struct vz_tree *vz_dump_read(const char *text, size_t len, struct vz_err *err);
/* Appends the canonical text. */
void vz_dump_write(const struct vz_tree *t, struct vz_buf *ret);

#endif
