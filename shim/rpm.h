/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * librpm's reading of .rpm files behind plain C: lead, signature, header, the
 * header's list of files, and the payload.
 *
 *     r = vz_rpm_open(fd)             the outer form only: sizes and regions
 *     vz_rpm_bytes(r, VZ_RPM_HEADER)  what a signature signs
 *     vz_rpm_string(r, part, tag)     values; the first one parses that part
 *     vz_rpm_files(r)                 checks and opens the list of files
 *     while (vz_rpm_next(r, &i) > 0)  the payload, file by file
 *             while (vz_rpm_data(r, &bytes) > 0) …
 *
 * A package may be hostile, and librpm trusts some of what it reads: it takes a
 * tag's type for granted, allocates what a file size says, and ends the process
 * where memory lacks.  So before librpm's file list is made, every tag that it
 * is made of is checked here: type, count, range.  Sizes have caps.
 *
 * librpm's configuration and macros are never read, so nothing depends on the
 * host.  Different objects may be used by different threads.  librpm's log goes
 * nowhere from the first call on: whoever wants it sets its mask himself.
 */
#ifndef SHIM_RPM_H
#define SHIM_RPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"

#define VZ_RPM_MAX_FILES 1000000

struct vz_rpm;

/* Reads all before the payload. A header is one region, signed as a whole: one that
 * has anything beside it is refused, as is a source package. `fd` is not closed,
 * and must not be used by others before vz_rpm_close(). */
struct vz_rpm *vz_rpm_open(int fd, struct vz_err *err);
/* The same of bytes kept from an earlier reading (VZ_RPM_BLOB); there is no payload then. */
struct vz_rpm *vz_rpm_parse(const void *blob, size_t len, struct vz_err *err);
/* The same of an entry of an rpm database: there is only VZ_RPM_HEADER, and no vz_rpm_bytes(). */
struct vz_rpm *vz_rpm_parse_entry(const void *entry, size_t len, struct vz_err *err);
void vz_rpm_close(struct vz_rpm *r);   /* takes NULL */
VZ_AUTO(struct vz_rpm, vz_rpm_close)
#define auto_rpm VZ_CLEANUP(vz_rpm_close)

/* BLOB: from behind the lead up to the payload, signature and padding included. */
enum vz_rpm_part { VZ_RPM_SIGNATURE, VZ_RPM_HEADER, VZ_RPM_BLOB };
const void *vz_rpm_bytes(const struct vz_rpm *r, enum vz_rpm_part part, size_t *ret_len);
uint64_t vz_rpm_payload_offset(const struct vz_rpm *r);

/* Tag numbers are those of rpm's rpmtag.h. */
enum vz_rpm_tag {
	VZ_RPM_SIG_DSA = 267, VZ_RPM_SIG_RSA = 268, VZ_RPM_SIG_SHA1 = 269, VZ_RPM_SIG_SHA256 = 273,
	VZ_RPM_SIG_OPENPGP = 278,
	VZ_RPM_NAME = 1000, VZ_RPM_VERSION = 1001, VZ_RPM_RELEASE = 1002, VZ_RPM_EPOCH = 1003, VZ_RPM_ARCH = 1022,
	VZ_RPM_SOURCERPM = 1044, VZ_RPM_CHANGELOGTIME = 1080, VZ_RPM_CHANGELOGNAME = 1081, VZ_RPM_CHANGELOGTEXT = 1082,
	VZ_RPM_PAYLOADFORMAT = 1124, VZ_RPM_PAYLOADCOMPRESSOR = 1125,
	VZ_RPM_FILEDIGESTALGO = 5011, VZ_RPM_PAYLOADDIGEST = 5092, VZ_RPM_PAYLOADDIGESTALGO = 5093,
};

/* Parses the part, if need be. All below give nothing for a part that does not parse. */
int vz_rpm_check(struct vz_rpm *r, enum vz_rpm_part part, struct vz_err *err);
/* String `i` of a tag; valid until the close. NULL: absent, or no string. */
const char *vz_rpm_string(struct vz_rpm *r, enum vz_rpm_part part, int tag, size_t i);
const void *vz_rpm_binary(struct vz_rpm *r, enum vz_rpm_part part, int tag, size_t *ret_len);
bool vz_rpm_number(struct vz_rpm *r, enum vz_rpm_part part, int tag, uint64_t *ret);
/* Number `i` of a tag that has several. */
bool vz_rpm_number_at(struct vz_rpm *r, enum vz_rpm_part part, int tag, size_t i, uint64_t *ret);

/* OpenSSL's name of a digest that the tags ...DIGESTALGO number (RFC 4880, 9.4, and as rpm goes on); NULL: unknown. */
const char *vz_rpm_digest_name(uint64_t algorithm);
/* Reads the whole payload: 1 if it has the digest that the header promises, 0 if the header has none, as those of
 * before rpm 4.14, else -1. */
int vz_rpm_check_payload(struct vz_rpm *r, struct vz_err *err);

/* Flags of a file. */
enum { VZ_RPM_CONFIG = 1 << 0, VZ_RPM_NOREPLACE = 1 << 4, VZ_RPM_GHOST = 1 << 6 };

struct vz_rpm_file {
	char *path;              /* begins with a slash; the caller frees it */
	const char *target;      /* of a symbolic link, else "" */
	const char *user, *group, *caps;
	uint32_t mode, major, minor, flags, color;
	uint64_t size;
	int64_t mtime;
	const char *digest;      /* hex, as VZ_RPM_FILEDIGESTALGO says; "" for none */
};

int vz_rpm_files(struct vz_rpm *r, size_t *ret_n, struct vz_err *err);
void vz_rpm_file(const struct vz_rpm *r, size_t i, struct vz_rpm_file *ret);
/* The file's index by path, or -1. */
ptrdiff_t vz_rpm_find(const struct vz_rpm *r, const char *path);
/* All names of the file's inode, itself included; the last one has the content. 1: no other. */
size_t vz_rpm_links(const struct vz_rpm *r, size_t i, const int **ret);
/* What rpm calls a conflict: the two differ in type, mode, owner, content or target. Ghosts never do. */
bool vz_rpm_differ(const struct vz_rpm *a, size_t i, const struct vz_rpm *b, size_t k);

/* 1 and the index of the next file in the payload, 0 behind the last, -1: also if
 * a file that the header lists is missing. Ghosts are not in it. */
int vz_rpm_next(struct vz_rpm *r, size_t *ret, struct vz_err *err);
/* The next piece of its data, valid until the next call; 0 behind it, -1. */
ptrdiff_t vz_rpm_data(struct vz_rpm *r, const void **ret, struct vz_err *err);
/* How many bytes of the unpacked payload have gone by, those between files too. */
uint64_t vz_rpm_unpacked(const struct vz_rpm *r);

#endif
