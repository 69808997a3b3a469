/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/trust_rpm.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/alloc.h"
#include "resolver/keyring.h"
#include "resolver/trust.h"
#include "shim/rpm.h"

#define MAX_SIGNATURES 16
#define SHA256_NUMBER 8          /* the weakest that counts; SHA-224 is 11 */
#define SHA224_NUMBER 11

/* rpm 6 keeps signatures as base64, one a string. */
static int add_base64(const char *text, struct vz_buf *ret, struct vz_err *err)
{
	size_t len = strlen(text);
	auto_free unsigned char *out = vz_alloc(len + 4);
	int n = len % 4 || len > 1 << 20 ? -1 : EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);

	while (n > 0 && len && text[len - 1] == '=' && len--)
		n--;
	if (n <= 0)
		return vz_err_set(err, VZ_UNTRUSTED, "a signature of it is malformed");
	vz_buf_add(ret, out, (size_t)n);
	return 0;
}

static int add_signature(const void *data, size_t len, struct vz_buf *ret, struct vz_err *err)
{
	if (!vz_keyring_is_signature(data, len))
		return vz_err_set(err, VZ_UNTRUSTED, "a signature of it is malformed");
	vz_buf_add(ret, data, len);
	return 0;
}

/* All signatures of the header, one behind the other. */
static int signatures(struct vz_rpm *r, struct vz_buf *ret, struct vz_err *err)
{
	static const int binary[] = { VZ_RPM_SIG_RSA, VZ_RPM_SIG_DSA };
	const char *text;

	for (size_t i = 0; i < sizeof binary / sizeof *binary; i++) {
		size_t len;
		const void *data = vz_rpm_binary(r, VZ_RPM_SIGNATURE, binary[i], &len);

		if (data && add_signature(data, len, ret, err) < 0)
			return -1;
	}
	for (size_t i = 0; (text = vz_rpm_string(r, VZ_RPM_SIGNATURE, VZ_RPM_SIG_OPENPGP, i)); i++) {
		auto_buf struct vz_buf one = {0};

		if (i == MAX_SIGNATURES)
			return vz_err_set(err, VZ_UNTRUSTED, "it has more than %d signatures", MAX_SIGNATURES);
		if (add_base64(text, &one, err) < 0 || add_signature(one.data, one.len, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* Whose signatures count. */
struct keys {
	struct vz_signers *known;
	const struct vz_buf *ring;
};

static int check_header(struct vz_rpm *r, const struct keys *keys, const struct vz_buf *signature, struct vz_err *err)
{
	auto_buf struct vz_buf header = {0};
	size_t len;
	const void *bytes = vz_rpm_bytes(r, VZ_RPM_HEADER, &len);

	vz_buf_add(&header, bytes, len);
	if (vz_signers_know(keys->known, &header, signature))
		return 0;
	if (vz_trust_detached(keys->ring, &header, signature, err) < 0)
		return -1;
	vz_signers_learn(keys->known, keys->ring, &header, signature);
	return 0;
}

static int check_payload(struct vz_rpm *r, struct vz_err *err)
{
	uint64_t algorithm = 0;
	int rc;

	vz_rpm_number(r, VZ_RPM_HEADER, VZ_RPM_PAYLOADDIGESTALGO, &algorithm);
	if (vz_rpm_string(r, VZ_RPM_HEADER, VZ_RPM_PAYLOADDIGEST, 0) &&
	    (algorithm < SHA256_NUMBER || algorithm == SHA224_NUMBER))
		return vz_err_set(err, VZ_UNTRUSTED, "the digest of its payload is too weak");
	rc = vz_rpm_check_payload(r, err);
	if (rc == 0) {
		vz_err_set(err, VZ_UNTRUSTED, "its signature does not cover its payload");
		return vz_err_hint(err, "it was built by an rpm older than 4.14; only the metadata's signature can cover it: 'trust = metadata'");
	}
	return rc < 0 ? -1 : 0;
}

static const char *word(struct vz_rpm *r, int tag)
{
	const char *s = vz_rpm_string(r, VZ_RPM_HEADER, tag, 0);

	return s ? s : "";
}

static int check_name(struct vz_rpm *r, const struct vz_plan_package *p, struct vz_err *err)
{
	uint64_t epoch = 0;
	auto_free char *version = NULL;

	vz_rpm_number(r, VZ_RPM_HEADER, VZ_RPM_EPOCH, &epoch);
	version = epoch ? vz_printf("%llu:%s-%s", (unsigned long long)epoch, word(r, VZ_RPM_VERSION), word(r, VZ_RPM_RELEASE))
			: vz_printf("%s-%s", word(r, VZ_RPM_VERSION), word(r, VZ_RPM_RELEASE));
	if (strcmp(p->name, word(r, VZ_RPM_NAME)) || strcmp(p->version, version) || strcmp(p->arch, word(r, VZ_RPM_ARCH))) {
		vz_err_set(err, VZ_UNTRUSTED, "the metadata promises '%s' %s (%s), but it is signed as '%s' %s (%s)", p->name,
			   p->version, p->arch, word(r, VZ_RPM_NAME), version, word(r, VZ_RPM_ARCH));
		return vz_err_hint(err, "the mirror may be broken or hostile");
	}
	return 0;
}

static int check(struct vz_rpm *r, const struct keys *keys, bool must, const struct vz_plan_package *p, struct vz_err *err)
{
	auto_buf struct vz_buf signature = {0};

	if (vz_rpm_check(r, VZ_RPM_SIGNATURE, err) < 0 || signatures(r, &signature, err) < 0)
		return -1;
	if (!signature.len && must) {
		vz_err_set(err, VZ_UNTRUSTED, "it is not signed");
		return vz_err_hint(err, "where only the metadata is signed, the recipe says so: 'trust = metadata'");
	}
	if (signature.len && check_header(r, keys, &signature, err) < 0)
		return -1;
	if (vz_rpm_check(r, VZ_RPM_HEADER, err) < 0 || check_name(r, p, err) < 0)
		return -1;
	return signature.len && must ? check_payload(r, err) : 0;
}

int vz_trust_rpm(struct vz_signers *known, const struct vz_buf *keyring, bool must, const struct vz_plan_package *p, int fd,
		 struct vz_err *err)
{
	const struct keys keys = { known, keyring };
	auto_rpm struct vz_rpm *r = vz_rpm_open(fd, err);

	if (r && check(r, &keys, must, p, err) == 0)
		return 0;
	/* what cannot be read cannot be trusted either */
	if (err->code == VZ_FAILED)
		err->code = VZ_UNTRUSTED;
	return -1;
}

int vz_trust_rpm_package(struct vz_source *s, const struct vz_plan_package *p, int fd, struct vz_err *err)
{
	auto_buf struct vz_buf keyring = {0};

	if (s->repo->unsigned_ok)
		return 0;
	if (vz_keyring_read(s->repo, &keyring, err) < 0)
		return -1;
	return vz_trust_rpm(s->signers, &keyring, s->repo->trust != VZ_TRUST_METADATA, p, fd, err);
}
