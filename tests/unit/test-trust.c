/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "resolver/keyring.h"
#include "resolver/trust.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "tests/unit/gpg.h"

#define TEXT "Suite: stable\nDate: today\n- a line with a dash\n"

static struct vz_buf keyring, other, both, expired;

static void make_key(const char *name, const char *expiry)
{
	run_gpg(NULL, NULL, "--faked-system-time", "20200101T000000", "--quick-generate-key", name, "ed25519", "sign", expiry);
}

static void setup(void)
{
	gpg_setup();
	make_key("good@example.org", "never");
	make_key("other@example.org", "never");
	make_key("expired@example.org", "2020-06-01");
	make_key("revoked@example.org", "never");
	run_gpg(NULL, &keyring, "--export", "good@example.org");
	run_gpg(NULL, &other, "--export", "other@example.org");
	run_gpg(NULL, &both, "--export", "good@example.org", "other@example.org");
	run_gpg(NULL, &expired, "--export", "expired@example.org");
}

static void teardown(void)
{
	struct vz_buf *all[] = { &keyring, &other, &both, &expired };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		vz_buf_release(all[i]);
	gpg_teardown();
}

static void buf(struct vz_buf *b, const char *text)
{
	vz_buf_clear(b);
	vz_buf_puts(b, text);
}

static void clearsign(const char *text, struct vz_buf *ret)
{
	auto_buf struct vz_buf in = {0};

	buf(&in, text);
	run_gpg(&in, ret, "--clearsign", "-u", "good@example.org");
}

START_TEST(test_clearsigned)
{
	auto_buf struct vz_buf signed_text = {0}, text = {0};

	clearsign(TEXT, &signed_text);
	must(vz_trust_clearsigned(&keyring, signed_text.data, signed_text.len, &text, &err));
	ck_assert_str_eq(text.data, TEXT);
	/* white space around it is nothing */
	vz_buf_puts(&signed_text, "\n \n");
	must(vz_trust_clearsigned(&keyring, signed_text.data, signed_text.len, &text, &err));
}
END_TEST

START_TEST(test_wrong_key)
{
	auto_buf struct vz_buf s = {0}, text = {0};

	clearsign(TEXT, &s);
	must_fail(vz_trust_clearsigned(&other, s.data, s.len, &text, &err), VZ_UNTRUSTED, "the key is not in the keyring");
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(test_two_signers)
{
	auto_buf struct vz_buf in = {0}, s = {0}, text = {0};

	buf(&in, TEXT);
	run_gpg(&in, &s, "--clearsign", "-u", "other@example.org", "-u", "good@example.org");
	must(vz_trust_clearsigned(&keyring, s.data, s.len, &text, &err));
	must(vz_trust_clearsigned(&other, s.data, s.len, &text, &err));
	must(vz_trust_clearsigned(&both, s.data, s.len, &text, &err));
	must_fail(vz_trust_clearsigned(&expired, s.data, s.len, &text, &err), VZ_UNTRUSTED, "not in the keyring");
}
END_TEST

START_TEST(test_tampered)
{
	auto_buf struct vz_buf s = {0}, text = {0};

	clearsign(TEXT, &s);
	memcpy(strstr(s.data, "stable"), "stalbe", 6);
	must_fail(vz_trust_clearsigned(&keyring, s.data, s.len, &text, &err), VZ_UNTRUSTED, "the signature is wrong");
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(test_around)
{
	auto_buf struct vz_buf s = {0}, t = {0}, text = {0};
	static const char *const extra[] = { "Suite: evil\n", "x", "-----BEGIN PGP SIGNED MESSAGE-----\n",
					     "-----BEGIN PGP PUBLIC KEY BLOCK-----\n" };

	clearsign(TEXT, &s);
	for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
		buf(&t, extra[i]);
		vz_buf_add(&t, s.data, s.len);
		must_fail(vz_trust_clearsigned(&keyring, t.data, t.len, &text, &err), VZ_UNTRUSTED, "not exactly one");
		vz_buf_clear(&t);
		vz_buf_add(&t, s.data, s.len);
		vz_buf_puts(&t, extra[i]);
		must_fail(vz_trust_clearsigned(&keyring, t.data, t.len, &text, &err), VZ_UNTRUSTED, "not exactly one");
	}
	/* twice the same is one too many */
	vz_buf_clear(&t);
	vz_buf_add(&t, s.data, s.len);
	vz_buf_add(&t, s.data, s.len);
	must_fail(vz_trust_clearsigned(&keyring, t.data, t.len, &text, &err), VZ_UNTRUSTED, "not exactly one");
	/* a NUL byte, a text that is not signed, none at all */
	vz_buf_clear(&t);
	vz_buf_add(&t, s.data, s.len);
	vz_buf_zero(&t, 1);
	must_fail(vz_trust_clearsigned(&keyring, t.data, t.len, &text, &err), VZ_UNTRUSTED, "not exactly one");
	must_fail(vz_trust_clearsigned(&keyring, TEXT, strlen(TEXT), &text, &err), VZ_UNTRUSTED, "not exactly one");
	must_fail(vz_trust_clearsigned(&keyring, "", 0, &text, &err), VZ_UNTRUSTED, "not exactly one");
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(test_cut)
{
	auto_buf struct vz_buf s = {0}, text = {0};
	char *end;

	clearsign(TEXT, &s);
	end = strstr(s.data, "-----BEGIN PGP SIGNATURE-----");
	must_fail(vz_trust_clearsigned(&keyring, s.data, (size_t)(end - s.data), &text, &err), VZ_UNTRUSTED, "not exactly one");
	/* the armour without the signature */
	s.len = (size_t)(strchr(end, '\n') + 1 - s.data);
	vz_buf_puts(&s, "\n-----END PGP SIGNATURE-----\n");
	must_fail(vz_trust_clearsigned(&keyring, s.data, s.len, &text, &err), VZ_UNTRUSTED, "there is no signature");
}
END_TEST

START_TEST(test_weak)
{
	auto_buf struct vz_buf in = {0}, s = {0}, text = {0};

	buf(&in, TEXT);
	run_gpg(NULL, NULL, "--quick-generate-key", "weak@example.org", "rsa2048", "sign", "never");
	run_gpg(&in, &s, "--digest-algo", "SHA1", "--clearsign", "-u", "weak@example.org");
	vz_buf_clear(&in);
	run_gpg(NULL, &in, "--export", "weak@example.org");
	ck_assert_int_lt(vz_trust_clearsigned(&in, s.data, s.len, &text, &err), 0);
	ck_assert_int_eq(err.code, VZ_UNTRUSTED);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(test_expired)
{
	auto_buf struct vz_buf in = {0}, s = {0}, text = {0};

	buf(&in, TEXT);
	run_gpg(&in, &s, "--faked-system-time", "20200301T000000", "--clearsign", "-u", "expired@example.org");
	must_fail(vz_trust_clearsigned(&expired, s.data, s.len, &text, &err), VZ_UNTRUSTED, "the key has expired");
}
END_TEST

START_TEST(test_revoked)
{
	auto_buf struct vz_buf in = {0}, s = {0}, text = {0}, cert = {0}, keys = {0};
	char fingerprint[64], path[256];
	char *at;

	buf(&in, TEXT);
	run_gpg(&in, &s, "--clearsign", "-u", "revoked@example.org");
	run_gpg(NULL, &keys, "--with-colons", "--list-keys", "revoked@example.org");
	at = strstr(keys.data, "\nfpr:::::::::");
	ck_assert_int_eq(sscanf(at + 13, "%63[0-9A-F]", fingerprint), 1);
	snprintf(path, sizeof path, "%s/openpgp-revocs.d/%s.rev", gpg_home, fingerprint);
	must(vz_read_file(AT_FDCWD, path, 1 << 20, &cert, &err));
	/* gpg puts a colon before the armour against use by mistake */
	at = strstr(cert.data, ":-----BEGIN");
	ck_assert_ptr_nonnull(at);
	buf(&in, at + 1);
	run_gpg(&in, NULL, "--import");
	vz_buf_clear(&keys);
	run_gpg(NULL, &keys, "--export", "revoked@example.org");
	must_fail(vz_trust_clearsigned(&keys, s.data, s.len, &text, &err), VZ_UNTRUSTED, "the key was revoked");
}
END_TEST

START_TEST(test_detached)
{
	auto_buf struct vz_buf in = {0}, s = {0};

	buf(&in, TEXT);
	run_gpg(&in, &s, "--detach-sign", "--armor", "-u", "good@example.org");
	must(vz_trust_detached(&keyring, &in, &s, &err));
	must_fail(vz_trust_detached(&other, &in, &s, &err), VZ_UNTRUSTED, "not in the keyring");
	in.data[3]++;
	must_fail(vz_trust_detached(&keyring, &in, &s, &err), VZ_UNTRUSTED, "the signature is wrong");
	vz_buf_clear(&s);
	must_fail(vz_trust_detached(&keyring, &in, &s, &err), VZ_UNTRUSTED, "there is no signature");
}
END_TEST

static int read_key(const char *name, const struct vz_buf *content, struct vz_buf *ret)
{
	auto_free char *path = vz_printf("%s/%s", gpg_home, name);

	must(vz_write_file(AT_FDCWD, path, content->data, content->len, 0600, &err));
	return vz_trust_read_keyring(path, ret, &err);
}

START_TEST(test_keyring)
{
	auto_buf struct vz_buf armoured = {0}, got = {0}, s = {0}, text = {0};

	must(read_key("a.gpg", &keyring, &got));
	ck_assert_uint_eq(got.len, keyring.len);
	vz_buf_clear(&got);
	run_gpg(NULL, &armoured, "--armor", "--export", "other@example.org");
	run_gpg(NULL, &armoured, "--armor", "--export", "good@example.org");
	must(read_key("a.asc", &armoured, &got));
	clearsign(TEXT, &s);
	must(vz_trust_clearsigned(&got, s.data, s.len, &text, &err));
}
END_TEST

START_TEST(test_bad_keyring)
{
	auto_buf struct vz_buf armoured = {0}, bad = {0}, got = {0};

	must_fail(vz_trust_read_keyring("/nonexistent/key.gpg", &got, &err), VZ_NOTFOUND, "no key file '/nonexistent/key.gpg'");
	ck_assert(*err.hint);
	buf(&bad, "");
	must_fail(read_key("empty", &bad, &got), VZ_UNTRUSTED, "holds no public key");
	buf(&bad, "this is not a key at all\n");
	must_fail(read_key("text", &bad, &got), VZ_UNTRUSTED, "holds no public key");
	run_gpg(NULL, &armoured, "--armor", "--export", "good@example.org");
	vz_buf_add(&bad, armoured.data, armoured.len / 2);
	must_fail(read_key("half", &bad, &got), VZ_UNTRUSTED, "holds no public key");
	vz_buf_clear(&bad);
	clearsign(TEXT, &bad);
	must_fail(read_key("signed", &bad, &got), VZ_UNTRUSTED, "holds no public key");
	ck_assert_uint_eq(got.len, 0);
}
END_TEST

/* The fingerprint of a key as gpg has it. */
static char *fingerprint_of(const char *who)
{
	auto_buf struct vz_buf out = {0};
	const char *line;

	run_gpg(NULL, &out, "--with-colons", "--fingerprint", who);
	line = strstr(out.data, "\nfpr:");
	ck_assert_ptr_nonnull(line);
	line += strlen("\nfpr:::::::::");
	return vz_strndup(line, strcspn(line, ":"));
}

START_TEST(test_pin)
{
	auto_buf struct vz_buf both = {0}, one = {0}, got = {0}, s = {0}, text = {0}, cut = {0}, armoured = {0};
	auto_free char *good = fingerprint_of("good@example.org"), *wrong = vz_strdup(good), *path = NULL;
	struct vz_recipe_repo repo = { .fingerprints = (char *[]){ wrong, good }, .n_fingerprints = 2 };

	wrong[7] = wrong[7] == 'A' ? 'B' : 'A';
	run_gpg(NULL, &both, "--export", "other@example.org");
	run_gpg(NULL, &one, "--export", "good@example.org");
	vz_buf_add(&both, one.data, one.len);
	must(vz_keyring_pick(&both, repo.fingerprints, 2, "k", &got, &err));
	ck_assert_uint_eq(got.len, one.len);
	ck_assert_mem_eq(got.data, one.data, one.len);
	vz_buf_clear(&got);
	must_fail(vz_keyring_pick(&both, repo.fingerprints, 1, "k", &got, &err), VZ_UNTRUSTED, "the recipe's fingerprint");
	ck_assert_ptr_nonnull(strstr(err.hint, wrong));
	vz_buf_add(&cut, both.data, both.len - 1);
	must_fail(vz_keyring_pick(&cut, repo.fingerprints, 2, "k", &got, &err), VZ_UNTRUSTED, "something else");
	ck_assert_uint_eq(got.len, 0);

	/* as a repository is read: from an armoured file that holds more */
	run_gpg(NULL, &armoured, "--armor", "--export");
	repo.key = path = vz_printf("%s/all.asc", gpg_home);
	must(vz_write_file(AT_FDCWD, path, armoured.data, armoured.len, 0600, &err));
	must(vz_keyring_read(&repo, &got, &err));
	clearsign(TEXT, &s);
	must(vz_trust_clearsigned(&got, s.data, s.len, &text, &err));
	repo.n_fingerprints = 1;
	must_fail(vz_keyring_read(&repo, &got, &err), VZ_UNTRUSTED, path);
	repo.key = "/nonexistent/k";
	repo.key_from = "https://h.example/k";
	must_fail(vz_keyring_read(&repo, &got, &err), VZ_NOTFOUND, "/nonexistent/k");
	ck_assert_ptr_nonnull(strstr(err.hint, "https://h.example/k"));
}
END_TEST

START_TEST(test_fingerprint)
{
	auto_free char *spaced = vz_keyring_fingerprint("FC22 6859 C086 0BF0 DDB9  5B08 5B10 6C73 6FED FC85");
	auto_free char *plain = vz_keyring_fingerprint("fc226859c0860bf0ddb95b085b106c736fedfc85");

	ck_assert_str_eq(spaced, "FC226859C0860BF0DDB95B085B106C736FEDFC85");
	ck_assert_str_eq(plain, spaced);
	ck_assert_ptr_null(vz_keyring_fingerprint("5B106C736FEDFC85"));
	ck_assert_ptr_null(vz_keyring_fingerprint("FC226859C0860BF0DDB95B085B106C736FEDFC8X"));
	ck_assert_ptr_null(vz_keyring_fingerprint(""));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { test_clearsigned, test_wrong_key, test_two_signers, test_tampered, test_around, test_cut,
				       test_weak, test_expired, test_revoked, test_detached, test_keyring, test_bad_keyring, test_pin,
				       test_fingerprint };
	Suite *suite = suite_create("trust");
	TCase *tc = tcase_create("trust");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
