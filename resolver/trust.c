/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/trust.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/proc.h"

#define KEY_LIMIT (16 << 20)
#define TEXT_LIMIT (10 << 20)
#define ARMOR_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define ARMOR_END "-----END PGP PUBLIC KEY BLOCK-----"
#define SIGNATURE_BEGIN "-----BEGIN PGP SIGNATURE-----"
#define SIGNATURE_END "-----END PGP SIGNATURE-----"
#define STATUS "[GNUPG:] "

/* Base64 between [p, end) into `ret`; the CRC line ("=xxxx") is no data. */
static bool add_base64(const char *p, const char *end, struct vz_buf *ret)
{
	size_t room = (size_t)(end - p) / 4 * 3 + 4;
	auto_free unsigned char *out = vz_alloc(room);
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int n = 0, tail = 0, bad = 0;

	EVP_DecodeInit(ctx);
	while (p < end && bad >= 0) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl + 1 : end;
		int more = 0;

		if (*p != '=')
			bad = EVP_DecodeUpdate(ctx, out + n, &more, (const unsigned char *)p, (int)(stop - p));
		n += more;
		p = stop;
	}
	if (bad >= 0)
		bad = EVP_DecodeFinal(ctx, out + n, &tail);
	EVP_ENCODE_CTX_free(ctx);
	if (bad < 0 || n + tail == 0)
		return false;
	vz_buf_add(ret, out, (size_t)(n + tail));
	return true;
}

/* An armoured block, up to its last line. */
static bool add_block(const char *text, const char *end, struct vz_buf *ret)
{
	const char *p = strchr(text, '\n');

	/* headers, then an empty line, then the data */
	while (end && p && p < end && p[1 + strspn(p + 1, " \t\r")] != '\n')
		p = strchr(p + 1, '\n');
	return end && p && p < end && add_base64(p + 1 + strspn(p + 1, " \t\r\n"), end, ret);
}

/* All armoured blocks of `text`, as binary. */
static bool dearmor(const char *text, struct vz_buf *ret)
{
	bool any = false;

	while ((text = strstr(text, ARMOR_BEGIN))) {
		const char *end = strstr(text, ARMOR_END);

		if (!add_block(text, end, ret))
			return false;
		text = end;
		any = true;
	}
	return any;
}

/* A keyring begins with a public key packet (RFC 4880, 4.2 and 4.3), or is a keybox. */
static bool is_keyring(const struct vz_buf *b)
{
	unsigned char c = b->len > 12 ? (unsigned char)*b->data : 0;

	return (c & 0xfc) == 0x98 || c == 0xc6 || (c == 0 && b->len > 12 && memcmp(b->data + 8, "KBXf", 4) == 0);
}

int vz_trust_read_keyring(const char *path, struct vz_buf *ret, struct vz_err *err)
{
	auto_buf struct vz_buf raw = {0}, binary = {0};
	struct vz_buf *from = &raw;

	if (vz_read_file(AT_FDCWD, path, KEY_LIMIT, &raw, err) < 0) {
		if (err->code == VZ_NOTFOUND) {
			vz_err_set(err, VZ_NOTFOUND, "no key file '%s'", path);
			return vz_err_hint(err, "install the keyring's package (debian-archive-keyring for Debian), or correct 'key'");
		}
		return -1;
	}
	if (raw.len && strlen(raw.data) == raw.len && dearmor(raw.data, &binary))
		from = &binary;
	if (!is_keyring(from)) {
		vz_err_set(err, VZ_UNTRUSTED, "key file '%s' holds no public key", path);
		return vz_err_hint(err, "a keyring as gpgv reads it is expected, or an armoured public key");
	}
	vz_buf_add(ret, from->data, from->len);
	return 0;
}

/* Bytes as a file that a child can open by number. */
static int memory_file(const char *what, const void *data, size_t len, struct vz_err *err)
{
	auto_fd int fd = memfd_create(what, MFD_CLOEXEC);
	int high;

	if (fd < 0 || (len && vz_write_fd(fd, data, len, err) < 0))
		return vz_err_sys(err, "make a file in memory");
	/* out of the way of the numbers it gets in the child */
	high = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	if (high < 0 || lseek(high, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "make a file in memory");
	return high;
}

struct verdict {
	unsigned good, plaintexts;
	bool bad;
	char why[160];               /* the first signature that did not count */
};

/* RFC 4880, 9.4; the number that VALIDSIG gives. */
static bool is_strong(long hash)
{
	return hash == 8 || hash == 9 || hash == 10;
}

static void judge_line(struct verdict *v, char *line, bool *current)
{
	static const struct { const char *word, *why; } refusals[] = {
		{ "BADSIG", "the signature is wrong" }, { "ERRSIG", "the key is not in the keyring" },
		{ "EXPSIG", "the signature has expired" }, { "EXPKEYSIG", "the key has expired" },
		{ "REVKEYSIG", "the key was revoked" },
	};
	char *save = NULL, *word = strtok_r(line, " ", &save), *arg = NULL;

	if (!word)
		return;
	if (strcmp(word, "NEWSIG") == 0)
		*current = false;
	if (strcmp(word, "PLAINTEXT") == 0)
		v->plaintexts++;
	if (strcmp(word, "GOODSIG") == 0)
		*current = true;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (strcmp(word, refusals[i].word) == 0) {
			arg = strtok_r(NULL, " ", &save);
			*current = false;
			v->bad = v->bad || i == 0;
			if (!*v->why || i == 0)
				snprintf(v->why, sizeof v->why, "%s (%.40s)", refusals[i].why, arg ? arg : "?");
		}
	if (strcmp(word, "VALIDSIG") != 0 || !*current)
		return;
	/* fingerprint, date, time, expiry, version, reserved, key algorithm, hash algorithm */
	for (int i = 0; i < 8; i++)
		arg = strtok_r(NULL, " ", &save);
	if (arg && is_strong(strtol(arg, NULL, 10)))
		v->good++;
	else
		snprintf(v->why, sizeof v->why, "the signature's digest is too weak");
	*current = false;
}

static int judge(char *status, bool clearsigned, struct vz_err *err)
{
	struct verdict v = {0};
	char *save = NULL;
	bool current = false;

	for (char *line = strtok_r(status, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, STATUS, strlen(STATUS)) == 0)
			judge_line(&v, line + strlen(STATUS), &current);
	if (v.bad || !v.good || (clearsigned && v.plaintexts != 1)) {
		vz_err_set(err, VZ_UNTRUSTED, "not signed as the recipe's key demands: %s", *v.why ? v.why : "there is no signature");
		return vz_err_hint(err, "the mirror may be broken or hostile, or 'key' names another repository's key");
	}
	return 0;
}

#define GPGV "gpgv", "--homedir", "/nonexistent", "--status-fd", "3", "--weak-digest", "SHA1", "--weak-digest", \
	     "RIPEMD160", "--keyring", "/proc/self/fd/4"

/* Runs gpgv on `file`, which is clear-signed, or the signature of `of` if that is not -1. */
static int run_gpgv(const struct vz_buf *keyring, int file, int of, struct vz_buf *ret_text, struct vz_err *err)
{
	static const char *const clear[] = { GPGV, "--output", "-", "/proc/self/fd/5", NULL };
	static const char *const detached[] = { GPGV, "/proc/self/fd/5", "/proc/self/fd/6", NULL };
	auto_fd int status = memory_file("status", NULL, 0, err), keys = memory_file("keyring", keyring->data, keyring->len, err);
	struct vz_proc p = { .argv = of < 0 ? clear : detached, .stdin_fd = -1, .timeout_ms = 60000,
			     .output_limit = TEXT_LIMIT + 1,
			     .pass = { { status, 3 }, { keys, 4 }, { file, 5 }, { of, of < 0 ? 0 : 6 } } };
	auto_buf struct vz_buf said = {0};
	int wait_status;

	if (status < 0 || keys < 0)
		return -1;
	if (vz_proc_run(&p, &wait_status, ret_text, NULL, err) < 0)
		return vz_err_wrap(err, "verify a signature");
	if (!WIFEXITED(wait_status))
		return vz_err_set(err, VZ_FAILED, "verify a signature: gpgv was killed by signal %d", WTERMSIG(wait_status));
	if (lseek(status, 0, SEEK_SET) < 0 || vz_read_fd(status, 1 << 20, &said, err) < 0)
		return -1;
	vz_buf_putc(&said, '\n');
	return judge(said.data, of < 0, err);
}

/* Is `line` exactly `word`, white space behind it aside. */
static bool line_is(const char *line, const char *end, const char *word)
{
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	return (size_t)(end - line) == strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* One block, nothing around it, no other armour line in it. */
static bool is_one_block(const char *p, const char *end)
{
	static const char *const order[] = { "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP SIGNATURE-----",
					     "-----END PGP SIGNATURE-----" };
	size_t seen = 0;

	if (memchr(p, 0, (size_t)(end - p)))
		return false;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		if (seen < 3 && line_is(p, stop, order[seen]))
			seen++;
		else if ((seen == 0 || seen == 3) && !line_is(p, stop, ""))
			return false;
		else if (stop - p >= 5 && memcmp(p, "-----", 5) == 0)
			return false;
		p = stop + 1;
	}
	return seen == 3;
}

int vz_trust_clearsigned(const struct vz_buf *keyring, const char *text, size_t len, struct vz_buf *ret_text,
			 struct vz_err *err)
{
	auto_buf struct vz_buf out = {0};
	auto_fd int file = -1;

	if (!is_one_block(text, text + len))
		return vz_err_set(err, VZ_UNTRUSTED, "not exactly one clear-signed text");
	file = memory_file("signed", text, len, err);
	if (file < 0 || run_gpgv(keyring, file, -1, &out, err) < 0)
		return -1;
	if (!out.len || out.len > TEXT_LIMIT)
		return vz_err_set(err, VZ_UNTRUSTED, "the signed text is empty or too large");
	vz_buf_add(ret_text, out.data, out.len);
	return 0;
}

int vz_trust_detached(const struct vz_buf *keyring, const struct vz_buf *text, const struct vz_buf *signature,
		      struct vz_err *err)
{
	auto_fd int file = memory_file("signature", signature->data, signature->len, err);
	auto_fd int signed_file = memory_file("text", text->data, text->len, err);

	if (file < 0 || signed_file < 0)
		return -1;
	return run_gpgv(keyring, file, signed_file, NULL, err);
}

bool vz_trust_dearmor(const struct vz_buf *signature, struct vz_buf *ret)
{
	const size_t begin = strlen(SIGNATURE_BEGIN), end = strlen(SIGNATURE_END);
	const char *text = signature->data, *last;

	if (signature->len < begin || strlen(text) != signature->len || strncmp(text, SIGNATURE_BEGIN, begin) != 0)
		return false;
	last = strstr(text + begin, "-----");
	if (!last || strncmp(last, SIGNATURE_END, end) != 0 || last[end + strspn(last + end, " \t\r\n")])
		return false;
	return add_block(text, last, ret);
}
