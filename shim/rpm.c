/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <rpm/rpmlog.h>
#include <string.h>
#include <unistd.h>

#include "shim/rpm_internal.h"

#define LEAD_LEN 96
#define INTRO_LEN 16             /* magic, reserved, number of entries, length of the data */
#define ENTRY_LEN 16
#define MAX_ENTRIES 0xffff       /* librpm's own limit */
#define MAX_SIGNATURE (16u << 20)
#define MAX_HEADER (64u << 20)
#define REGION_TYPE 7            /* binary */
#define TAG_IMAGE 61             /* in the signature's trailer of old packages */

static const unsigned char lead_magic[4] = { 0xed, 0xab, 0xee, 0xdb };
static const unsigned char header_magic[8] = { 0x8e, 0xad, 0xe8, 0x01 };

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void be_quiet(void)
{
	rpmlogSetMask(RPMLOG_MASK(RPMLOG_EMERG));
}

/* What is read from: a file, or memory. */
struct input {
	int fd;
	const char *bytes;
	size_t len;
};

static int get(const struct input *in, size_t at, char *to, size_t len, const char *what, struct vz_err *err)
{
	if (in->fd < 0) {
		if (at > in->len || len > in->len - at)
			return vz_err_set(err, VZ_FAILED, "it breaks off in its %s", what);
		memcpy(to, in->bytes + at, len);
		return 0;
	}
	while (len) {
		ssize_t n = pread(in->fd, to, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read the package");
		if (!n)
			return vz_err_set(err, VZ_FAILED, "it breaks off in its %s", what);
		to += n;
		at += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int check_lead(const struct input *in, struct vz_err *err)
{
	char lead[LEAD_LEN];

	if (get(in, 0, lead, sizeof lead, "lead", err) < 0)
		return -1;
	if (memcmp(lead, lead_magic, sizeof lead_magic) || lead[4] < 3 || lead[4] > 4)
		return vz_err_set(err, VZ_FAILED, "it is no .rpm package");
	if (lead[6] || lead[7])
		return vz_err_set(err, VZ_FAILED, "it is a source package");
	return 0;
}

/* One region, from the first entry to the last byte of the data: so nothing is in a header that is not signed. */
static int check_region(const char *p, uint32_t entries, uint32_t data, uint32_t tag, struct vz_err *err)
{
	const char *first = p + INTRO_LEN, *trailer = first + (size_t)entries * ENTRY_LEN + data - ENTRY_LEN;
	uint32_t end = be32(trailer);

	if (be32(first) != tag || be32(first + 4) != REGION_TYPE || be32(first + 8) != data - ENTRY_LEN ||
	    be32(first + 12) != ENTRY_LEN)
		return vz_err_set(err, VZ_FAILED, "it does not begin with a region that holds all of it");
	if ((end != tag && (tag != RPMTAG_HEADERSIGNATURES || end != TAG_IMAGE)) || be32(trailer + 4) != REGION_TYPE ||
	    be32(trailer + 8) != -entries * ENTRY_LEN || be32(trailer + 12) != ENTRY_LEN)
		return vz_err_set(err, VZ_FAILED, "its region does not hold all of it");
	return 0;
}

/* Adds the header at `at` to the blob. */
static int get_header(struct vz_rpm *r, const struct input *in, size_t at, uint32_t tag, size_t *ret_len, struct vz_err *err)
{
	size_t max = tag == RPMTAG_HEADERSIGNATURES ? MAX_SIGNATURE : MAX_HEADER;
	char intro[INTRO_LEN];
	uint32_t entries, data;

	if (get(in, at, intro, sizeof intro, "intro", err) < 0)
		return -1;
	entries = be32(intro + 8);
	data = be32(intro + 12);
	if (memcmp(intro, header_magic, sizeof header_magic))
		return vz_err_set(err, VZ_FAILED, "it has no magic");
	if (!entries || entries > MAX_ENTRIES || data < ENTRY_LEN || data > max)
		return vz_err_set(err, VZ_FAILED, "%u entries and %u bytes are none or too many", entries, data);
	*ret_len = INTRO_LEN + (size_t)entries * ENTRY_LEN + data;
	r->blob = vz_realloc(r->blob, r->blob_len + *ret_len, 1);
	if (get(in, at, r->blob + r->blob_len, *ret_len, "data", err) < 0 ||
	    check_region(r->blob + r->blob_len, entries, data, tag, err) < 0)
		return -1;
	r->blob_len += *ret_len;
	return 0;
}

static int get_headers(struct vz_rpm *r, const struct input *in, size_t at, struct vz_err *err)
{
	size_t signature, pad, header;

	if (get_header(r, in, at, RPMTAG_HEADERSIGNATURES, &signature, err) < 0)
		return vz_err_wrap(err, "signature header");
	pad = -signature % 8;
	r->blob = vz_realloc(r->blob, r->blob_len + pad + 1, 1);
	if (get(in, at + signature, r->blob + r->blob_len, pad, "padding", err) < 0)
		return -1;
	r->blob_len += pad;
	if (get_header(r, in, at + signature + pad, RPMTAG_HEADERIMMUTABLE, &header, err) < 0)
		return vz_err_wrap(err, "header");
	r->parts[VZ_RPM_SIGNATURE].bytes = r->blob;
	r->parts[VZ_RPM_SIGNATURE].len = signature;
	r->parts[VZ_RPM_HEADER].bytes = r->blob + signature + pad;
	r->parts[VZ_RPM_HEADER].len = header;
	return 0;
}

struct vz_rpm *vz_rpm_open(int fd, struct vz_err *err)
{
	auto_rpm struct vz_rpm *r = vz_new(struct vz_rpm);
	struct input in = { .fd = fd };

	r->fd = fd;
	if (check_lead(&in, err) < 0 || get_headers(r, &in, LEAD_LEN, err) < 0)
		return NULL;
	return steal(&r);
}

struct vz_rpm *vz_rpm_parse(const void *blob, size_t len, struct vz_err *err)
{
	auto_rpm struct vz_rpm *r = vz_new(struct vz_rpm);
	struct input in = { .fd = -1, .bytes = blob, .len = len };

	r->fd = -1;
	if (get_headers(r, &in, 0, err) < 0)
		return NULL;
	return steal(&r);
}

struct vz_rpm *vz_rpm_parse_entry(const void *entry, size_t len, struct vz_err *err)
{
	auto_rpm struct vz_rpm *r = vz_new(struct vz_rpm);

	r->fd = -1;
	pthread_once(&once, be_quiet);
	if (len <= MAX_HEADER)
		r->parts[VZ_RPM_HEADER].h = headerImport((void *)entry, (unsigned)len, HEADERIMPORT_COPY);
	if (!r->parts[VZ_RPM_HEADER].h) {
		vz_err_set(err, VZ_FAILED, "an entry is malformed");
		return NULL;
	}
	return steal(&r);
}

void vz_rpm_close(struct vz_rpm *r)
{
	if (!r)
		return;
	if (r->reader)
		rpmfiArchiveClose(r->reader);
	rpmfiFree(r->reader);
	if (r->payload)
		Fclose(r->payload);
	rpmfilesFree(r->files);
	rpmtdFreeData(&r->digests);
	for (size_t i = 0; i < 2; i++) {
		rpmtdFreeData(&r->parts[i].td);
		headerFree(r->parts[i].h);
	}
	free(r->piece);
	free(r->blob);
	free(r);
}

const void *vz_rpm_bytes(const struct vz_rpm *r, enum vz_rpm_part part, size_t *ret_len)
{
	*ret_len = part == VZ_RPM_BLOB ? r->blob_len : r->parts[part].len;
	return part == VZ_RPM_BLOB ? r->blob : r->parts[part].bytes;
}

uint64_t vz_rpm_payload_offset(const struct vz_rpm *r)
{
	return LEAD_LEN + r->blob_len;
}

static Header parsed(struct vz_rpm *r, enum vz_rpm_part part)
{
	struct vz_rpm_header *p = &r->parts[part];
	size_t skip = sizeof header_magic;

	pthread_once(&once, be_quiet);
	if (!p->h && p->bytes)
		p->h = headerImport((char *)p->bytes + skip, (unsigned)(p->len - skip), HEADERIMPORT_COPY);
	return p->h;
}

int vz_rpm_check(struct vz_rpm *r, enum vz_rpm_part part, struct vz_err *err)
{
	if (!parsed(r, part))
		return vz_err_set(err, VZ_FAILED, "%s: an entry is malformed",
				  part == VZ_RPM_HEADER ? "header" : "signature header");
	return 0;
}

const char *vz_rpm_string(struct vz_rpm *r, enum vz_rpm_part part, int tag, size_t i)
{
	Header h = parsed(r, part);
	rpmtd td = &r->parts[part].td;

	if (!h)
		return NULL;
	if (!td->data || td->tag != (rpm_tag_t)tag) {
		rpmtdFreeData(td);
		rpmtdReset(td);
		if (!headerGet(h, (rpmTagVal)tag, td, HEADERGET_MINMEM))
			return NULL;
	}
	if (i >= td->count)
		return NULL;
	if (td->type == RPM_STRING_TYPE)
		return td->data;
	return td->type == RPM_STRING_ARRAY_TYPE || td->type == RPM_I18NSTRING_TYPE ? ((const char **)td->data)[i] : NULL;
}

const void *vz_rpm_binary(struct vz_rpm *r, enum vz_rpm_part part, int tag, size_t *ret_len)
{
	Header h = parsed(r, part);
	struct rpmtd_s td;

	/* with MINMEM the data is the header's own, so there is nothing to free */
	if (!h || !headerGet(h, (rpmTagVal)tag, &td, HEADERGET_MINMEM) || td.type != RPM_BIN_TYPE)
		return NULL;
	*ret_len = td.count;
	return td.data;
}

/* `only`: there must be no other. */
static bool number(struct vz_rpm *r, enum vz_rpm_part part, int tag, size_t i, bool only, uint64_t *ret)
{
	Header h = parsed(r, part);
	struct rpmtd_s td;
	bool ok;

	if (!h || !headerGet(h, (rpmTagVal)tag, &td, HEADERGET_MINMEM))
		return false;
	ok = (td.type == RPM_INT32_TYPE || td.type == RPM_INT64_TYPE) && i < td.count && (!only || td.count == 1);
	if (ok)
		*ret = td.type == RPM_INT32_TYPE ? ((uint32_t *)td.data)[i] : ((uint64_t *)td.data)[i];
	rpmtdFreeData(&td);
	return ok;
}

bool vz_rpm_number(struct vz_rpm *r, enum vz_rpm_part part, int tag, uint64_t *ret)
{
	return number(r, part, tag, 0, true, ret);
}

bool vz_rpm_number_at(struct vz_rpm *r, enum vz_rpm_part part, int tag, size_t i, uint64_t *ret)
{
	return number(r, part, tag, i, false, ret);
}
