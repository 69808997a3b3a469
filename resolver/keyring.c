/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/keyring.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "resolver/trust.h"

enum { TAG_SIGNATURE = 2, TAG_PUBLIC_KEY = 6, TAG_SUBKEY = 14 };

struct packet {
	unsigned tag;
	const uint8_t *body, *end;
};

char *vz_keyring_fingerprint(const char *text)
{
	char hex[65];
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (!isxdigit((unsigned char)*text) || n == 64)
			return NULL;
		hex[n++] = (char)toupper((unsigned char)*text);
	}
	return n == 40 || n == 64 ? vz_strndup(hex, n) : NULL;
}

static uint32_t big_endian(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

/* The length behind a tag of the old form: 1, 2 or 4 bytes. A key has no length that is left open. */
static bool old_length(const uint8_t **p, const uint8_t *end, unsigned type, uint32_t *ret)
{
	unsigned bytes = 1u << type;

	if (type == 3 || end - *p < (ptrdiff_t)bytes)
		return false;
	*ret = big_endian(*p, bytes);
	*p += bytes;
	return true;
}

/* Of the new form: one byte says how many there are. Partial lengths are for data, not for keys. */
static bool new_length(const uint8_t **p, const uint8_t *end, uint32_t *ret)
{
	unsigned first = *p < end ? **p : 224, bytes = first < 192 ? 1 : first < 224 ? 2 : first == 255 ? 5 : 0;

	if (!bytes || end - *p < (ptrdiff_t)bytes)
		return false;
	*ret = bytes == 1 ? first : bytes == 2 ? ((first - 192) << 8) + (*p)[1] + 192 : big_endian(*p + 1, 4);
	*p += bytes;
	return true;
}

/* RFC 9580, 4.2. */
static bool next_packet(const uint8_t **p, const uint8_t *end, struct packet *ret)
{
	uint8_t head = *(*p)++;
	uint32_t len;

	if (!(head & 0x80))
		return false;
	ret->tag = head & 0x40 ? head & 0x3f : head >> 2 & 0xf;
	if (!(head & 0x40 ? new_length(p, end, &len) : old_length(p, end, head & 3, &len)) || end - *p < (ptrdiff_t)len)
		return false;
	ret->body = *p;
	ret->end = *p += len;
	return true;
}

/* Hex digits of a key's fingerprint; false for a version that nobody pins. */
static bool fingerprint(const struct packet *key, char ret[129])
{
	size_t len = (size_t)(key->end - key->body);
	uint8_t version = len ? *key->body : 0;
	uint8_t v4[] = { 0x99, (uint8_t)(len >> 8), (uint8_t)len };
	uint8_t v6[] = { 0x9b, (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };
	struct vz_hash *h;

	if ((version != 4 && version != 6) || (version == 4 && len > 0xffff))
		return false;
	h = vz_hash_new(version == 4 ? "SHA1" : "SHA256");
	if (!h)
		return false;
	vz_hash_add(h, version == 4 ? v4 : v6, version == 4 ? sizeof v4 : sizeof v6);
	vz_hash_add(h, key->body, len);
	vz_hash_end_hex(h, ret);
	vz_hash_free(h);
	return true;
}

static bool is_pinned(const struct packet *key, char *const *fingerprints, size_t n)
{
	char hex[129];

	if (!fingerprint(key, hex))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(fingerprints[i], hex) == 0)
			return true;
	return false;
}

int vz_keyring_pick(const struct vz_buf *all, char *const *fingerprints, size_t n, const char *what, struct vz_buf *ret,
		    struct vz_err *err)
{
	const uint8_t *p = (const uint8_t *)all->data, *end = p + all->len;
	auto_buf struct vz_buf picked = {0};
	bool wanted = false;

	while (p < end) {
		const uint8_t *start = p;
		struct packet packet;

		if (!next_packet(&p, end, &packet)) {
			vz_err_set(err, VZ_UNTRUSTED, "key file '%s' holds something else than public keys", what);
			return vz_err_hint(err, "with 'fingerprint', keys as 'gpg --export' writes them are expected");
		}
		if (packet.tag == TAG_PUBLIC_KEY)
			wanted = is_pinned(&packet, fingerprints, n);
		if (wanted)
			vz_buf_add(&picked, start, (size_t)(p - start));
	}
	if (!picked.len) {
		vz_err_set(err, VZ_UNTRUSTED, "key file '%s' has no key with the recipe's fingerprint", what);
		return vz_err_hint(err, "expected is %s%s; 'gpg --show-keys %s' prints what is there", fingerprints[0],
				   n > 1 ? " or another that the recipe names" : "", what);
	}
	vz_buf_add(ret, picked.data, picked.len);
	return 0;
}

int vz_keyring_read(const struct vz_recipe_repo *repo, struct vz_buf *ret, struct vz_err *err)
{
	auto_buf struct vz_buf all = {0};

	if (vz_trust_read_keyring(repo->key, &all, err) < 0) {
		if (err->code == VZ_NOTFOUND && repo->key_from)
			vz_err_hint(err, "get it from %s and put it there%s", repo->key_from,
				    repo->n_fingerprints ? ": only a key with the recipe's fingerprint is taken" : "");
		return -1;
	}
	if (repo->n_fingerprints)
		return vz_keyring_pick(&all, repo->fingerprints, repo->n_fingerprints, repo->key, ret, err);
	vz_buf_add(ret, all.data, all.len);
	return 0;
}

bool vz_keyring_is_signature(const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;

	while (p < end) {
		struct packet packet;

		if (!next_packet(&p, end, &packet) || packet.tag != TAG_SIGNATURE)
			return false;
	}
	return len > 0;
}

bool vz_keyring_signature(const struct vz_buf *b, const uint8_t **ret_body, const uint8_t **ret_end)
{
	const uint8_t *p = (const uint8_t *)b->data, *end = p + b->len;
	struct packet packet;

	if (!b->len || !next_packet(&p, end, &packet) || packet.tag != TAG_SIGNATURE || p != end)
		return false;
	*ret_body = packet.body;
	*ret_end = packet.end;
	return true;
}

bool vz_keyring_find(const struct vz_buf *keyring, const uint8_t *wanted, const uint8_t **ret_body, const uint8_t **ret_end)
{
	const uint8_t *p = (const uint8_t *)keyring->data, *end = p + keyring->len;
	char hex[2 * VZ_FINGERPRINT + 1], its[129];
	struct packet packet;

	for (size_t i = 0; i < VZ_FINGERPRINT; i++)
		snprintf(hex + 2 * i, 3, "%02x", wanted[i]);
	while (p < end && next_packet(&p, end, &packet)) {
		if ((packet.tag != TAG_PUBLIC_KEY && packet.tag != TAG_SUBKEY) || !fingerprint(&packet, its) || strcmp(its, hex))
			continue;
		*ret_body = packet.body;
		*ret_end = packet.end;
		return true;
	}
	return false;
}
