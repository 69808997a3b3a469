/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The EROFS structures of an image, for its writer and its reader only.
 *
 * Offsets are those of bytes in the structure; all integers are little-endian.
 * doc/image-format.md says what the fields mean and why the writer chooses the
 * values it does.
 */
#ifndef STORE_EROFS_H
#define STORE_EROFS_H

#include <stddef.h>
#include <stdint.h>

#define EROFS_BLOCK 4096u
#define EROFS_SLOT 32u               /* the unit of a nid */

/* composefs header, at 0 */
enum { CFS_MAGIC_AT = 0, CFS_HEADER_VERSION_AT = 4, CFS_FLAGS_AT = 8, CFS_VERSION_AT = 12 };
#define CFS_MAGIC 0xd078629au
#define CFS_HEADER_VERSION 1u
#define CFS_FLAG_ACL 1u

/* superblock */
enum {
	EROFS_SUPER_AT = 1024, EROFS_SUPER_LEN = 128,
	SB_MAGIC = 0, SB_FEATURES = 8, SB_BLOCK_BITS = 12, SB_ROOT_NID = 14, SB_INODES = 16, SB_TIME = 24, SB_TIME_NSEC = 32,
	SB_BLOCKS = 36, SB_META_BLOCK = 40, SB_XATTR_BLOCK = 44, SB_INCOMPATIBLE = 80,
};
#define EROFS_MAGIC 0xe0f5e1e2u
#define EROFS_FEATURES 6u            /* times in each inode, name filters */

/* inode: compact and extended agree up to INODE_NUMBER */
enum {
	INODE_FORMAT = 0, INODE_XATTR_COUNT = 2, INODE_MODE = 4, INODE_SIZE = 8, INODE_U = 16, INODE_NUMBER = 20,
	COMPACT_NLINK = 6, COMPACT_UID = 24, COMPACT_GID = 26, COMPACT_LEN = 32,
	EXTENDED_UID = 24, EXTENDED_GID = 28, EXTENDED_MTIME = 32, EXTENDED_MTIME_NSEC = 40, EXTENDED_NLINK = 44,
	EXTENDED_LEN = 64,
};
enum { LAYOUT_PLAIN = 0, LAYOUT_INLINE = 2, LAYOUT_CHUNKS = 4 };
#define EROFS_HOLE 0xffffffffu

/* entry of a directory */
enum { DIRENT_NID = 0, DIRENT_NAME = 8, DIRENT_TYPE = 10, DIRENT_LEN = 12 };

/* xattrs: header of an inode's area, and an entry there or in the shared table */
enum { XATTR_FILTER = 0, XATTR_REFS = 4, XATTR_HEADER_LEN = 12 };
enum { XATTR_NAME_LEN = 0, XATTR_PREFIX = 1, XATTR_VALUE_LEN = 2, XATTR_ENTRY_LEN = 4 };
#define XATTR_MAX_REFS 128u

/* The prefixes by their number; NULL is none. 5 is never written. */
#define XATTR_PREFIXES { "", "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", NULL, "security." }

static inline uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static inline uint64_t get_le(const uint8_t *p, unsigned len)
{
	uint64_t v = 0;

	while (len--)
		v = v << 8 | p[len];
	return v;
}
static inline uint16_t get16(const uint8_t *p) { return (uint16_t)get_le(p, 2); }
static inline uint32_t get32(const uint8_t *p) { return (uint32_t)get_le(p, 4); }
static inline uint64_t get64(const uint8_t *p) { return get_le(p, 8); }

static inline void put_le(uint8_t *p, uint64_t v, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}
static inline void put16(uint8_t *p, uint64_t v) { put_le(p, v, 2); }
static inline void put32(uint8_t *p, uint64_t v) { put_le(p, v, 4); }
static inline void put64(uint8_t *p, uint64_t v) { put_le(p, v, 8); }

#endif
