/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures of what lies in a registry, as cosign makes and checks them.
 *
 * Signed is a small text that names the manifest by its digest,
 *
 *     {"critical":{"identity":{"docker-reference":"HOST/REPOSITORY"},
 *      "image":{"docker-manifest-digest":"sha256:HEX"},
 *      "type":"cosign container image signature"},"optional":null}
 *
 * with a key in a PEM file: ECDSA over SHA-256, or what else the key is for
 * (Ed25519, RSA with PKCS #1 padding).  The text is a layer of an image tagged
 * "sha256-HEX.sig", the signature an annotation of that layer.
 */
#ifndef SHARE_SIGNATURE_H
#define SHARE_SIGNATURE_H

#include "base/buf.h"
#include "base/err.h"
#include "share/registry_name.h"

#define VZ_SIGNATURE_TYPE "application/vnd.dev.cosign.simplesigning.v1+json"
#define VZ_SIGNATURE_KEY "dev.cosignproject.cosign/signature"     /* of the annotation: base64 */

/* The text for the manifest `digest` (hex) of `n`. */
void vz_signature_text(const struct vz_registry_name *n, const char *digest, struct vz_buf *ret);
/* Which manifest a signed text names. VZ_UNTRUSTED if none: it is for something else. */
int vz_signature_subject(const char *text, size_t len, char ret_digest[VZ_HEX_LEN + 1], struct vz_err *err);

/* With a private key, as base64, appended. VZ_NOTFOUND, VZ_FAILED: no such key. */
int vz_signature_make(const char *key_file, const char *text, size_t len, struct vz_buf *ret, struct vz_err *err);
/* With a public one, or the private one that it belongs to. VZ_UNTRUSTED: it is not by that key, or not of that text. */
int vz_signature_check(const char *key_file, const char *text, size_t len, const char *signature, struct vz_err *err);

#endif
