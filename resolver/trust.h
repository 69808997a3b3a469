/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures: is this text signed by a key of that keyring, and by none else.
 *
 * The work is gpgv's, which is given one keyring, never the host's trust
 * store, and whose machine-readable status is what counts, not its exit code.
 * Accepted is a text with at least one signature that is good, made by an
 * unexpired and unrevoked key, over SHA-256 or better; a bad one beside it
 * refuses the text, one by an unknown, expired or revoked key does not count.
 *
 * A clear-signed file must be exactly one signed block with nothing but white
 * space around it, and the only bytes given back are those that gpgv says it
 * verified.  Nothing of this touches the file system but the key file.
 */
#ifndef RESOLVER_TRUST_H
#define RESOLVER_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Reads a key file, binary or armoured, as a keyring for the calls below.
 * VZ_NOTFOUND if it is not there, VZ_UNTRUSTED if it holds no public key. */
int vz_trust_read_keyring(const char *path, struct vz_buf *ret, struct vz_err *err);

/* Verifies a clear-signed text; the signed bytes are added to `ret_text`. VZ_UNTRUSTED. */
int vz_trust_clearsigned(const struct vz_buf *keyring, const char *text, size_t len, struct vz_buf *ret_text,
			 struct vz_err *err);
/* Verifies `text` against the detached signature. VZ_UNTRUSTED. */
int vz_trust_detached(const struct vz_buf *keyring, const struct vz_buf *text, const struct vz_buf *signature,
		      struct vz_err *err);
/* What an armoured signature is in binary, added to `ret`. False: it is not one block and nothing else. */
bool vz_trust_dearmor(const struct vz_buf *signature, struct vz_buf *ret);

#endif
