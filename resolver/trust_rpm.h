/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures of .rpm packages.
 *
 * A package's header is signed, and it holds the digest of the payload; so the
 * chain is: a signature over the header's bytes, made by the repository's key;
 * the digest of the payload, in that header, over SHA-256 or better.  gpgv
 * judges the signature (resolver/trust.h), over exactly the bytes that are the
 * header: nothing of it is parsed before.  Of many packages by one key it judges the
 * first, or some, and of the others libcrypto tells (resolver/signer.h).  rpm 4.18's own OpenPGP code is not
 * asked, since it knows neither expired nor revoked keys nor weak digests;
 * and digests in the signature header, which nobody signed, prove nothing.
 *
 * Refused are therefore: no signature of the header (those of header and payload
 * together, from before rpm 4.14, are not read), one by another, expired or
 * revoked key, a bad one beside a good one, one over SHA-1 or MD5, a header that
 * promises no payload digest, a payload that does not have it.  Where the metadata
 * is not signed it could name one good package and deliver another: what the
 * signed header says of name, version and architecture must be what was planned.
 */
#ifndef RESOLVER_TRUST_RPM_H
#define RESOLVER_TRUST_RPM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "resolver/plan.h"
#include "resolver/signer.h"
#include "resolver/source.h"

/* Checks the package in `fd`, which was planned as `p` (its name, version, arch count), against the keyring, for which
 * `known` is. `must`: it has to be signed; else one without signatures is taken. VZ_UNTRUSTED. */
int vz_trust_rpm(struct vz_signers *known, const struct vz_buf *keyring, bool must, const struct vz_plan_package *p, int fd, struct vz_err *err);

/* For vz_source_ops.check_package: by the repository's key and `trust`. */
int vz_trust_rpm_package(struct vz_source *s, const struct vz_plan_package *p, int fd, struct vz_err *err);

#endif
