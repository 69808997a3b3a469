/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keyrings: the public keys of a file, and those of them that a recipe pins.
 *
 * A keyring is what OpenPGP calls transferable public keys, one behind the
 * other (RFC 9580, 10.1), in binary: a public key packet, then the user IDs,
 * signatures and subkeys that belong to it, up to the next public key packet.
 * A key's fingerprint is that of its public key packet (RFC 9580, 5.5.4): for
 * version 4 the SHA-1 of 0x99, the body's length in two bytes, and the body;
 * for version 6 the SHA-256 of 0x9b, the length in four bytes, and the body.
 *
 * What is pinned decides, not where the file came from: keys that are not
 * pinned do not count, whoever put them there.
 */
#ifndef RESOLVER_KEYRING_H
#define RESOLVER_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "resolver/recipe.h"

/* "AB12 CD34 …" or "ab12cd34…" to 40 or 64 upper-case digits in a new string; NULL if it is no fingerprint. */
char *vz_keyring_fingerprint(const char *text);

/* Adds to `ret` the keys of `all` whose fingerprints are among the `n`. VZ_UNTRUSTED if there is none, or if `all`
 * is not made of packets; `what` names the keyring in messages. */
int vz_keyring_pick(const struct vz_buf *all, char *const *fingerprints, size_t n, const char *what, struct vz_buf *ret,
		    struct vz_err *err);

/* Are these bytes signature packets, at least one, and nothing else? What else a file may
 * hold (a message that brings its own text, above all) has no place in a detached signature. */
bool vz_keyring_is_signature(const void *data, size_t len);

/* Is it one signature packet, and nothing else? Gives its body. */
bool vz_keyring_signature(const struct vz_buf *b, const uint8_t **ret_body, const uint8_t **ret_end);

#define VZ_FINGERPRINT 20                /* bytes of one of version 4 */
/* The body of the public key or subkey with that fingerprint; false where the keyring has none. */
bool vz_keyring_find(const struct vz_buf *keyring, const uint8_t *fingerprint, const uint8_t **ret_body, const uint8_t **ret_end);

/* The keyring of a repository: its key file, and of that what its recipe pins. As vz_trust_read_keyring(), with a
 * hint that says where the recipe says the key can be had. */
int vz_keyring_read(const struct vz_recipe_repo *repo, struct vz_buf *ret, struct vz_err *err);

#endif
