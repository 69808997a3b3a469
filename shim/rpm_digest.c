/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "shim/rpm_internal.h"

#define PIECE (256 << 10)

const char *vz_rpm_digest_name(uint64_t algorithm)
{
	static const struct { uint64_t number; const char *name; } known[] = {
		{ 1, "MD5" },     { 2, "SHA1" },    { 8, "SHA256" },    { 9, "SHA384" },
		{ 10, "SHA512" }, { 11, "SHA224" }, { 12, "SHA3-256" }, { 14, "SHA3-512" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].number == algorithm)
			return known[i].name;
	return NULL;
}

static int hash_payload(const struct vz_rpm *r, struct vz_hash *h, struct vz_err *err)
{
	auto_free char *piece = vz_alloc(PIECE);
	uint64_t at = vz_rpm_payload_offset(r);
	ssize_t n;

	while ((n = pread(r->fd, piece, PIECE, (off_t)at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read the payload");
		vz_hash_add(h, piece, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

int vz_rpm_check_payload(struct vz_rpm *r, struct vz_err *err)
{
	const char *want = vz_rpm_string(r, VZ_RPM_HEADER, VZ_RPM_PAYLOADDIGEST, 0), *name;
	uint64_t algorithm = 0;
	struct vz_hash *h;
	char hex[129];
	int rc;

	if (!want)
		return 0;
	vz_rpm_number(r, VZ_RPM_HEADER, VZ_RPM_PAYLOADDIGESTALGO, &algorithm);
	name = vz_rpm_digest_name(algorithm);
	h = name ? vz_hash_new(name) : NULL;
	if (!h)
		return vz_err_set(err, VZ_FAILED, "its payload's digest is of the unknown kind %llu", (unsigned long long)algorithm);
	rc = hash_payload(r, h, err);
	vz_hash_end_hex(h, hex);
	vz_hash_free(h);
	if (rc < 0)
		return -1;
	return strcasecmp(hex, want) == 0 ? 1 : vz_err_set(err, VZ_FAILED, "its payload does not have the digest that its header has");
}
