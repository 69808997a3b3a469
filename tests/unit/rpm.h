/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM headers for tests, as a record keeps them: a signature header and a header.
 *
 *     Header h = rpm_new("name", "1", "2");  headerPutString(h, RPMTAG_PREIN, "true");
 *     rpm_member(h, &buf);                   and `h` is gone
 */
#ifndef TESTS_RPM_H
#define TESTS_RPM_H

#include <rpm/header.h>
#include <rpm/rpmtag.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

static inline Header rpm_new(const char *name, const char *version, const char *release)
{
	Header h = headerNew();

	headerPutString(h, RPMTAG_NAME, name);
	headerPutString(h, RPMTAG_VERSION, version);
	headerPutString(h, RPMTAG_RELEASE, release);
	headerPutString(h, RPMTAG_ARCH, "noarch");
	headerPutString(h, RPMTAG_OS, "linux");
	headerPutString(h, RPMTAG_PAYLOADFORMAT, "cpio");
	headerPutString(h, RPMTAG_RPMVERSION, "4.18.0");
	headerPutString(h, RPMTAG_PROVIDENAME, name);
	headerPutString(h, RPMTAG_PROVIDEVERSION, version);
	headerPutUint32(h, RPMTAG_PROVIDEFLAGS, &(uint32_t){ 8 }, 1);
	return h;
}

/* `path` has to have one slash at least. */
static inline void rpm_file(Header h, const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	auto_free char *dir = vz_strndup(path, (size_t)(base - path));
	uint32_t index = 0, zero = 0;
	struct rpmtd_s td;

	if (headerGet(h, RPMTAG_DIRNAMES, &td, HEADERGET_MINMEM)) {
		index = rpmtdCount(&td);
		rpmtdFreeData(&td);
	}
	headerPutString(h, RPMTAG_BASENAMES, base);
	headerPutString(h, RPMTAG_DIRNAMES, dir);
	headerPutUint32(h, RPMTAG_DIRINDEXES, &index, 1);
	headerPutUint32(h, RPMTAG_FILESIZES, &zero, 1);
	headerPutUint32(h, RPMTAG_FILEMTIMES, &zero, 1);
	headerPutUint32(h, RPMTAG_FILEFLAGS, &zero, 1);
	headerPutUint16(h, RPMTAG_FILEMODES, &(uint16_t){ 0100644 }, 1);
	headerPutString(h, RPMTAG_FILEDIGESTS, "");
	headerPutString(h, RPMTAG_FILEUSERNAME, "root");
	headerPutString(h, RPMTAG_FILEGROUPNAME, "root");
	headerPutString(h, RPMTAG_FILELINKTOS, "");
}

static inline void rpm_put(Header h, rpmTagVal region, struct vz_buf *ret)
{
	unsigned size = 0;
	void *blob;

	h = headerReload(h, region);
	ck_assert_ptr_nonnull(h);
	blob = headerExport(h, &size);
	ck_assert_ptr_nonnull(blob);
	vz_buf_add(ret, "\x8e\xad\xe8\1\0\0\0\0", 8);
	vz_buf_add(ret, blob, size);
	free(blob);
	headerFree(h);
}

static inline void rpm_member(Header h, struct vz_buf *ret)
{
	Header sig = headerNew();

	headerPutString(sig, RPMTAG_SHA1HEADER, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	rpm_put(sig, RPMTAG_HEADERSIGNATURES, ret);
	while (ret->len % 8)
		vz_buf_putc(ret, 0);
	rpm_put(h, RPMTAG_HEADERIMMUTABLE, ret);
}

#endif
