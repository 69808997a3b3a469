/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/signer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "resolver/keyring.h"

#define MAX_KEYS 16                  /* remembered; more are gpgv's each time */
#define MIN_BITS 2048
#define MAX_BITS 16384

/* Numbers of RFC 9580, 9.1, 5.2.1 and 5.2.3.7 */
enum { VERSION = 4, BINARY = 0, BY_RSA = 1, CREATED = 2, ISSUER = 16, USER_ID = 28, FINGERPRINT = 33 };

struct key {
	uint8_t fingerprint[VZ_FINGERPRINT];
	uint32_t made;
	size_t bytes;                /* of its modulus */
	EVP_PKEY *rsa;
};

struct vz_signers {
	pthread_mutex_t lock;
	struct key keys[MAX_KEYS];
	size_t n;
};

struct plain {
	const uint8_t *signed_part;  /* of the packet: all up to the end of the hashed subpackets */
	size_t signed_len;
	const EVP_MD *hash;
	uint32_t made;
	const uint8_t *fingerprint;
	const uint8_t *number;
	size_t number_len;
};

struct vz_signers *vz_signers_new(void)
{
	struct vz_signers *s = vz_new(struct vz_signers);

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void vz_signers_free(struct vz_signers *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		EVP_PKEY_free(s->keys[i].rsa);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- packets ---- */

struct bytes {
	const uint8_t *p, *end;
};

/* The next `n` bytes; NULL: there are less. */
static const uint8_t *take(struct bytes *b, size_t n)
{
	const uint8_t *p = b->p;

	if ((size_t)(b->end - p) < n)
		return NULL;
	b->p += n;
	return p;
}

static uint32_t number_of(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

/* A part with its length in two bytes before it. */
static bool take_part(struct bytes *b, struct bytes *ret)
{
	const uint8_t *len = take(b, 2);

	ret->p = len ? take(b, number_of(len, 2)) : NULL;
	ret->end = b->p;
	return ret->p;
}

/* A number, its length in bits before it; none has zeros in front. */
static const uint8_t *take_number(struct bytes *b, size_t *ret_bits)
{
	const uint8_t *len = take(b, 2), *p;
	uint32_t bits = len ? number_of(len, 2) : 0;

	if (!bits || bits > MAX_BITS)
		return NULL;
	p = take(b, (bits + 7) / 8);
	*ret_bits = bits;
	return p && *p >> ((bits - 1) % 8) == 1 ? p : NULL;
}

/* Who and when, each once, and at most which of the key's names that was; nothing that says more. */
static bool read_hashed(struct bytes b, struct plain *ret)
{
	while (b.p < b.end) {
		const uint8_t *len = take(&b, 1), *sub = *len ? take(&b, *len) : NULL;
		unsigned type = sub ? *sub & 0x7f : 0;

		if (type == CREATED && *len == 5 && !ret->made)
			ret->made = number_of(sub + 1, 4);
		else if (type == FINGERPRINT && *len == 2 + VZ_FINGERPRINT && sub[1] == VERSION && !ret->fingerprint)
			ret->fingerprint = sub + 2;
		else if (type != USER_ID)
			return false;
	}
	return ret->made && ret->fingerprint;
}

/* Nobody signed these: at most the end of the fingerprint, for those who look keys up by it. */
static bool read_unhashed(struct bytes b, const struct plain *s)
{
	const uint8_t *p = take(&b, 10);

	return b.p == b.end && (!p || (p[0] == 9 && p[1] == ISSUER && !memcmp(p + 2, s->fingerprint + VZ_FINGERPRINT - 8, 8)));
}

static const EVP_MD *hash_of(unsigned number)
{
	return number == 8 ? EVP_sha256() : number == 9 ? EVP_sha384() : number == 10 ? EVP_sha512() : NULL;
}

static bool read_plain(const struct vz_buf *signature, struct plain *ret)
{
	struct bytes b, hashed, unhashed;
	const uint8_t *head;
	size_t bits;

	*ret = (struct plain){0};
	if (!vz_keyring_signature(signature, &b.p, &b.end))
		return false;
	ret->signed_part = b.p;
	head = take(&b, 4);
	if (!head || head[0] != VERSION || head[1] != BINARY || head[2] != BY_RSA || !(ret->hash = hash_of(head[3])) ||
	    !take_part(&b, &hashed) || !read_hashed(hashed, ret))
		return false;
	ret->signed_len = (size_t)(b.p - ret->signed_part);
	if (!take_part(&b, &unhashed) || !read_unhashed(unhashed, ret) || !take(&b, 2))
		return false;
	ret->number = take_number(&b, &bits);
	ret->number_len = (bits + 7) / 8;
	return ret->number && b.p == b.end;
}

/* ---- keys ---- */

static EVP_PKEY *make_rsa(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len)
{
	BIGNUM *modulus = BN_bin2bn(n, (int)n_len, NULL), *exponent = BN_bin2bn(e, (int)e_len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (modulus && exponent && build && ctx && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) && (params = OSSL_PARAM_BLD_to_param(build)) &&
	    EVP_PKEY_fromdata_init(ctx) > 0 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

/* The key that made `s`, as the keyring has it (RFC 9580, 5.5.2); ret->rsa is to be freed. */
static bool read_key(const struct vz_buf *keyring, const struct plain *s, struct key *ret)
{
	struct bytes b;
	const uint8_t *head, *n, *e;
	size_t n_bits, e_bits;

	if (!vz_keyring_find(keyring, s->fingerprint, &b.p, &b.end))
		return false;
	head = take(&b, 6);
	if (!head || head[0] != VERSION || head[5] != BY_RSA || !(n = take_number(&b, &n_bits)) || n_bits < MIN_BITS ||
	    !(e = take_number(&b, &e_bits)) || e_bits > 32 || b.p != b.end)
		return false;
	*ret = (struct key){ .made = number_of(head + 1, 4), .bytes = (n_bits + 7) / 8 };
	memcpy(ret->fingerprint, s->fingerprint, VZ_FINGERPRINT);
	ret->rsa = make_rsa(n, ret->bytes, e, (e_bits + 7) / 8);
	return ret->rsa;
}

/* RFC 9580, 5.2.4: the document, what the signature says of itself, and how long that is. */
static bool fits(const struct key *key, const struct plain *s, const struct vz_buf *text)
{
	uint8_t end[6] = { VERSION, 0xff, (uint8_t)(s->signed_len >> 24), (uint8_t)(s->signed_len >> 16),
			   (uint8_t)(s->signed_len >> 8), (uint8_t)s->signed_len };
	uint8_t number[MAX_BITS / 8] = {0};
	EVP_MD_CTX *ctx;
	bool good;

	if (s->number_len > key->bytes || s->made < key->made)
		return false;
	memcpy(number + key->bytes - s->number_len, s->number, s->number_len);
	ctx = EVP_MD_CTX_new();
	good = ctx && EVP_DigestVerifyInit(ctx, NULL, s->hash, NULL, key->rsa) == 1 &&
	       EVP_DigestVerifyUpdate(ctx, text->data, text->len) == 1 &&
	       EVP_DigestVerifyUpdate(ctx, s->signed_part, s->signed_len) == 1 &&
	       EVP_DigestVerifyUpdate(ctx, end, sizeof end) == 1 && EVP_DigestVerifyFinal(ctx, number, key->bytes) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

/* Under the lock. */
static const struct key *find(const struct vz_signers *s, const uint8_t *fingerprint)
{
	for (size_t i = 0; i < s->n; i++)
		if (memcmp(s->keys[i].fingerprint, fingerprint, VZ_FINGERPRINT) == 0)
			return &s->keys[i];
	return NULL;
}

void vz_signers_learn(struct vz_signers *s, const struct vz_buf *keyring, const struct vz_buf *text,
		      const struct vz_buf *signature)
{
	struct plain plain;
	struct key key;
	bool kept = false;

	if (!read_plain(signature, &plain) || !read_key(keyring, &plain, &key))
		return;
	/* gpgv found a signature good, but whose it is the packet only says: this shows it */
	if (fits(&key, &plain, text)) {
		pthread_mutex_lock(&s->lock);
		if (s->n < MAX_KEYS && !find(s, plain.fingerprint)) {
			s->keys[s->n++] = key;
			kept = true;
		}
		pthread_mutex_unlock(&s->lock);
	}
	if (!kept)
		EVP_PKEY_free(key.rsa);
}

bool vz_signers_know(struct vz_signers *s, const struct vz_buf *text, const struct vz_buf *signature)
{
	struct plain plain;
	const struct key *key;

	if (!read_plain(signature, &plain))
		return false;
	pthread_mutex_lock(&s->lock);
	key = find(s, plain.fingerprint);
	pthread_mutex_unlock(&s->lock);
	return key && fits(key, &plain, text);
}
