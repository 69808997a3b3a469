/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys that gpgv has found good, and what else they signed.
 *
 * To start gpgv for each of many packages costs more than to open them.  What it
 * has to say is mostly about the key, though: that it is in the keyring, bound
 * to its owner, neither expired nor revoked.  That is asked once, of a key that
 * signs the metadata, too, with these.  Of another signature by the same key there is
 * left to ask whether it fits these bytes, which is arithmetic, and libcrypto's.
 *
 * Only the plainest of signatures is taken (RFC 9580, 5.2.3): one packet, of
 * version 4, over a binary document, with RSA of at least 2048 bits and SHA-256, -384 or
 * -512, that says who made it, when, and no more.  Nothing is refused here: what is
 * wrong, unknown or in any way special is gpgv's to judge (resolver/trust.h).
 *
 * One value goes with one keyring, for as long as a command runs. Threads may share it.
 */
#ifndef RESOLVER_SIGNER_H
#define RESOLVER_SIGNER_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/buf.h"

struct vz_signers;
struct vz_signers *vz_signers_new(void);
void vz_signers_free(struct vz_signers *s);
VZ_AUTO(struct vz_signers, vz_signers_free)
#define auto_signers VZ_CLEANUP(vz_signers_free)

/* gpgv has just found this signature of `text` good by that keyring: remembers the key that it is by, if it is plain. */
void vz_signers_learn(struct vz_signers *s, const struct vz_buf *keyring, const struct vz_buf *text,
		      const struct vz_buf *signature);
/* Is that a plain signature of `text` by a key that was remembered? No means: ask gpgv. */
bool vz_signers_know(struct vz_signers *s, const struct vz_buf *text, const struct vz_buf *signature);

#endif
