/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/base64.h"
#include "base/fd.h"

#define MAX_KEY ((size_t)64 << 10)

static void key_release(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}
#define auto_key __attribute__((cleanup(key_release)))

static void context_release(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}
#define auto_context __attribute__((cleanup(context_release)))

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf, (void)size, (void)writing, (void)ctx;
	return -1;
}

/* A private key has the public one in it. */
static EVP_PKEY *read_pem(const struct vz_buf *text, bool private_one)
{
	BIO *bio = BIO_new_mem_buf(text->data ? text->data : "", (int)text->len);
	EVP_PKEY *key = private_one ? NULL : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);

	if (!key && BIO_reset(bio) == 1)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static EVP_PKEY *read_key(const char *path, bool private_one, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	EVP_PKEY *key;

	if (vz_read_file(AT_FDCWD, path, MAX_KEY, &text, err) < 0)
		return NULL;
	key = read_pem(&text, private_one);
	if (key)
		return key;
	vz_err_set(err, VZ_FAILED, "'%s' holds no %s key in PEM form", path, private_one ? "private" : "public");
	vz_err_hint(err, "'openssl ecparam -genkey -name prime256v1 -noout' makes a private one, 'openssl ec -pubout' its public one");
	return NULL;
}

/* Keys that have a way to hash of their own take no other. */
static const EVP_MD *hash_for(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") ? NULL : EVP_sha256();
}

int vz_signature_make(const char *key_file, const char *text, size_t len, struct vz_buf *ret, struct vz_err *err)
{
	auto_key EVP_PKEY *key = read_key(key_file, true, err);
	auto_context EVP_MD_CTX *c = EVP_MD_CTX_new();
	auto_buf struct vz_buf bytes = {0};
	size_t n = 0;

	if (!key)
		return -1;
	if (EVP_DigestSignInit(c, NULL, hash_for(key), NULL, key) == 1 &&
	    EVP_DigestSign(c, NULL, &n, (const unsigned char *)text, len) == 1) {
		vz_buf_reserve(&bytes, n);
		if (EVP_DigestSign(c, (unsigned char *)bytes.data, &n, (const unsigned char *)text, len) == 1) {
			vz_base64_write(bytes.data, n, ret);
			return 0;
		}
	}
	ERR_clear_error();
	return vz_err_set(err, VZ_FAILED, "the key of '%s' cannot sign", key_file);
}

int vz_signature_check(const char *key_file, const char *text, size_t len, const char *signature, struct vz_err *err)
{
	auto_key EVP_PKEY *key = read_key(key_file, false, err);
	auto_context EVP_MD_CTX *c = EVP_MD_CTX_new();
	auto_buf struct vz_buf bytes = {0};
	bool good;

	if (!key)
		return -1;
	good = vz_base64_read(signature, strlen(signature), &bytes) && bytes.len &&
	       EVP_DigestVerifyInit(c, NULL, hash_for(key), NULL, key) == 1 &&
	       EVP_DigestVerify(c, (const unsigned char *)bytes.data, bytes.len, (const unsigned char *)text, len) == 1;
	ERR_clear_error();
	return good ? 0 : vz_err_set(err, VZ_UNTRUSTED, "no good signature by the key of '%s'", key_file);
}
