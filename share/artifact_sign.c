/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/artifact.h"

#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "share/signature.h"

#define MAX_SIGNATURES 100

static char *tag_of(const char *digest)
{
	return vz_printf("sha256-%s.sig", digest);
}

static int put_text(struct vz_registry *r, const struct vz_buf *text, struct vz_oci_descriptor *d, struct vz_err *err)
{
	auto_fd int fd = memfd_create("text", MFD_CLOEXEC);
	struct vz_digest sum;
	bool sent;

	if (fd < 0)
		return vz_err_sys(err, "make room for a text");
	vz_sha256(text->data, text->len, &sum);
	vz_digest_hex(&sum, d->digest);
	d->size = text->len;
	return vz_write_fd(fd, text->data, text->len, err) < 0 ? -1 : vz_registry_put_blob(r, d->digest, fd, text->len, &sent, err);
}

/* The image that holds the signatures; none of them yet where there is none. */
static int read_signatures(struct vz_registry *r, const char *tag, struct vz_oci_manifest *ret, struct vz_err *err)
{
	char unused[VZ_HEX_LEN + 1];
	auto_buf struct vz_buf text = {0};

	if (vz_registry_get_manifest(r, tag, &text, unused, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	if (vz_oci_manifest_read(text.data, text.len, ret, err) < 0)
		return -1;
	return ret->n <= MAX_SIGNATURES ? 0 : vz_err_set(err, VZ_UNTRUSTED, "there are more than %d signatures", MAX_SIGNATURES);
}

/* A configuration, as images need one: its layers' contents are the layers themselves. */
static int put_config(struct vz_registry *r, struct vz_oci_manifest *m, struct vz_err *err)
{
	auto_oci_config struct vz_oci_config c = { .arch = vz_strdup(""), .os = vz_strdup(""), .n = m->n };
	auto_free const char **names = vz_alloc((m->n + 1) * sizeof *names);
	auto_buf struct vz_buf text = {0};

	c.diff_ids = vz_alloc((m->n + 1) * sizeof *c.diff_ids);
	for (size_t i = 0; i < m->n; i++) {
		c.diff_ids[i] = vz_strdup(m->layers[i].digest);
		names[i] = "signature";
	}
	c.layer_names = names;
	vz_oci_descriptor_release(&m->config);
	m->config = (struct vz_oci_descriptor){ .type = vz_strdup(VZ_OCI_CONFIG) };
	return vz_oci_config_write(&c, &text, err) < 0 ? -1 : put_text(r, &text, &m->config, err);
}

int vz_artifact_sign(struct vz_registry *r, const struct vz_registry_name *n, const char *digest, const char *key,
		     struct vz_err *err)
{
	auto_oci_manifest struct vz_oci_manifest m = {0};
	auto_buf struct vz_buf text = {0}, signature = {0}, out = {0};
	auto_free char *tag = tag_of(digest);
	struct vz_oci_descriptor *d;

	vz_signature_text(n, digest, &text);
	if (vz_signature_make(key, text.data, text.len, &signature, err) < 0 || read_signatures(r, tag, &m, err) < 0)
		return -1;
	for (size_t i = 0; i < m.n; i++) {
		const char *there = vz_oci_pair(&m.layers[i].annotations, VZ_SIGNATURE_KEY);

		if (there && strcmp(there, signature.data) == 0)
			return 0;
	}
	d = vz_oci_manifest_add(&m);
	d->type = vz_strdup(VZ_SIGNATURE_TYPE);
	vz_oci_pairs_add(&d->annotations, VZ_SIGNATURE_KEY, signature.data);
	if (put_text(r, &text, d, err) < 0 || put_config(r, &m, err) < 0 || vz_oci_manifest_write(&m, &out, err) < 0)
		return -1;
	return vz_registry_put_manifest(r, tag, &out, err);
}

/* Is it signed with the key, and for that manifest? */
static int check_one(struct vz_registry *r, const struct vz_oci_descriptor *d, const char *digest, const char *key,
		     struct vz_err *err)
{
	const char *signature = vz_oci_pair(&d->annotations, VZ_SIGNATURE_KEY);
	char subject[VZ_HEX_LEN + 1];
	auto_buf struct vz_buf text = {0};

	if (!signature || strcmp(d->type, VZ_SIGNATURE_TYPE) != 0)
		return vz_err_set(err, VZ_UNTRUSTED, "what lies where a signature should is none");
	if (vz_registry_get_text(r, d, &text, err) < 0 || vz_signature_check(key, text.data ? text.data : "", text.len, signature, err) < 0 ||
	    vz_signature_subject(text.data, text.len, subject, err) < 0)
		return -1;
	return strcmp(subject, digest) == 0 ? 0 : vz_err_set(err, VZ_UNTRUSTED, "the signature is for another manifest");
}

int vz_artifact_check(struct vz_registry *r, const char *digest, const char *key, struct vz_err *err)
{
	auto_oci_manifest struct vz_oci_manifest m = {0};
	auto_free char *tag = tag_of(digest);

	if (read_signatures(r, tag, &m, err) < 0)
		return -1;
	if (!m.n)
		return vz_err_set(err, VZ_UNTRUSTED, "'sha256:%s' is not signed", digest);
	for (size_t i = 0; i < m.n; i++)
		if (check_one(r, &m.layers[i], digest, key, err) == 0)
			return 0;
		else if (err->code != VZ_UNTRUSTED)
			return -1;
	return -1;
}
