/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "resolver/signer.h"

#include "resolver/trust.h"
#include "tests/unit/gpg.h"

static struct vz_buf both, text, signature;

static void make_key(const char *name, const char *kind)
{
	run_gpg(NULL, NULL, "--faked-system-time", "20200101T000000", "--quick-generate-key", name, kind, "sign", "never");
}

static void setup(void)
{
	gpg_setup();
	make_key("good@example.org", "rsa2048");
	make_key("other@example.org", "rsa3072");
	make_key("small@example.org", "rsa1024");
	make_key("curve@example.org", "ed25519");
	run_gpg(NULL, &both, "--export");
	vz_buf_puts(&text, "the header of a package");
	run_gpg(&text, &signature, "--detach-sign", "-u", "good@example.org");
}

static void teardown(void)
{
	vz_buf_release(&both);
	vz_buf_release(&text);
	vz_buf_release(&signature);
	gpg_teardown();
}

/* A set that knows the key of `signature`, as it is after gpgv was asked. */
static struct vz_signers *knowing(void)
{
	struct vz_signers *s = vz_signers_new();

	must(vz_trust_detached(&both, &text, &signature, &err));
	ck_assert(!vz_signers_know(s, &text, &signature));
	vz_signers_learn(s, &both, &text, &signature);
	return s;
}

START_TEST(test_good)
{
	auto_signers struct vz_signers *s = knowing();
	auto_buf struct vz_buf more = {0}, signed_more = {0};

	ck_assert(vz_signers_know(s, &text, &signature));
	vz_buf_puts(&more, "the header of another");
	ck_assert(!vz_signers_know(s, &more, &signature));
	for (size_t i = 0; i < 3; i++) {
		static const char *const hashes[] = { "SHA256", "SHA384", "SHA512" };

		vz_buf_clear(&signed_more);
		run_gpg(&more, &signed_more, "--digest-algo", hashes[i], "--detach-sign", "-u", "good@example.org");
		ck_assert_msg(vz_signers_know(s, &more, &signed_more), "%s", hashes[i]);
		ck_assert(!vz_signers_know(s, &text, &signed_more));
	}
	/* learned twice is learned once; two keys are two */
	vz_signers_learn(s, &both, &more, &signed_more);
	vz_buf_clear(&signed_more);
	run_gpg(&more, &signed_more, "--detach-sign", "-u", "other@example.org");
	ck_assert(!vz_signers_know(s, &more, &signed_more));
	vz_signers_learn(s, &both, &more, &signed_more);
	ck_assert(vz_signers_know(s, &more, &signed_more));
	ck_assert(vz_signers_know(s, &text, &signature));
}
END_TEST

/* What the packet says of itself is signed, too, but for a hint in front of the number and what tells the key's number. */
START_TEST(test_flipped)
{
	auto_signers struct vz_signers *s = knowing();
	size_t hashed = 3 + 6 + 29 + 18, number = hashed + 2 + 10 + 2, taken = 0, bits;

	/* the number has no zeros in front, so one of 256 signatures is shorter */
	ck_assert_uint_gt(signature.len, number + 2);
	bits = (size_t)((uint8_t)signature.data[number] << 8 | (uint8_t)signature.data[number + 1]);
	ck_assert_uint_eq(signature.len, number + 2 + (bits + 7) / 8);
	for (size_t i = 0; i < 8 * text.len; i++) {
		text.data[i / 8] ^= (char)(1 << i % 8);
		ck_assert_msg(!vz_signers_know(s, &text, &signature), "bit %zu of the text", i);
		text.data[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t i = 0; i < 8 * signature.len; i++) {
		signature.data[i / 8] ^= (char)(1 << i % 8);
		if (vz_signers_know(s, &text, &signature)) {
			ck_assert_msg(i / 8 >= number - 2 && i / 8 < number, "bit %zu of the signature", i);
			taken++;
		}
		signature.data[i / 8] ^= (char)(1 << i % 8);
	}
	ck_assert_uint_eq(taken, 16);
	for (size_t whole = signature.len; signature.len--;) {
		ck_assert_msg(!vz_signers_know(s, &text, &signature), "%zu of %zu bytes", signature.len, whole);
		if (!signature.len) {
			signature.len = whole;
			break;
		}
	}
}
END_TEST

/* Whatever is not plain is for gpgv, even where that would take it. */
START_TEST(test_special)
{
	static const char *const how[][5] = {
		{ "--detach-sign", "-u", "curve@example.org" },
		{ "--detach-sign", "-u", "small@example.org" },
		{ "--textmode", "--detach-sign", "-u", "good@example.org" },
		{ "--default-sig-expire", "2y", "--detach-sign", "-u", "good@example.org" },
		{ "--sig-notation", "a@example.org=b", "--detach-sign", "-u", "good@example.org" },
		{ "--digest-algo", "SHA224", "--detach-sign", "-u", "good@example.org" },
		{ "--armor", "--detach-sign", "-u", "good@example.org" },
		{ "--sign", "-u", "good@example.org" },
		/* a key cannot have signed before there was one */
		{ "--faked-system-time=20190101T000000", "--ignore-time-conflict", "--detach-sign", "-u", "good@example.org" },
	};
	auto_signers struct vz_signers *s = knowing();

	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		auto_buf struct vz_buf special = {0};
		const char *args[6] = {0};

		memcpy(args, how[i], sizeof how[i]);
		gpg(args, &text, &special);
		ck_assert_uint_gt(special.len, 0);
		vz_signers_learn(s, &both, &text, &special);
		ck_assert_msg(!vz_signers_know(s, &text, &special), "case %zu", i);
	}
}
END_TEST

START_TEST(test_twice)
{
	auto_signers struct vz_signers *s = knowing();
	auto_buf struct vz_buf twice = {0};

	vz_buf_add(&twice, signature.data, signature.len);
	vz_buf_add(&twice, signature.data, signature.len);
	ck_assert(!vz_signers_know(s, &text, &twice));
	vz_buf_clear(&twice);
	ck_assert(!vz_signers_know(s, &text, &twice));
}
END_TEST

/* Nothing is learned of a key that the keyring has not, or from what does not fit. */
START_TEST(test_not_learned)
{
	auto_signers struct vz_signers *s = vz_signers_new();
	auto_buf struct vz_buf other = {0}, wrong = {0}, empty = {0};

	run_gpg(NULL, &other, "--export", "other@example.org");
	vz_signers_learn(s, &other, &text, &signature);
	ck_assert(!vz_signers_know(s, &text, &signature));
	vz_signers_learn(s, &empty, &text, &signature);
	ck_assert(!vz_signers_know(s, &text, &signature));
	vz_buf_puts(&wrong, "not what was signed");
	vz_signers_learn(s, &both, &wrong, &signature);
	ck_assert(!vz_signers_know(s, &text, &signature));
}
END_TEST

START_TEST(test_subkey)
{
	auto_signers struct vz_signers *s = vz_signers_new();
	auto_buf struct vz_buf list = {0}, keys = {0}, by_subkey = {0};
	char *fpr;

	make_key("parent@example.org", "ed25519");
	run_gpg(NULL, &list, "--with-colons", "--list-keys", "parent@example.org");
	fpr = strstr(list.data, "fpr:::::::::") + strlen("fpr:::::::::");
	fpr[40] = 0;
	run_gpg(NULL, NULL, "--quick-add-key", fpr, "rsa2048", "sign", "never");
	run_gpg(NULL, &keys, "--export", "parent@example.org");
	run_gpg(&text, &by_subkey, "--detach-sign", "-u", "parent@example.org");
	must(vz_trust_detached(&keys, &text, &by_subkey, &err));
	vz_signers_learn(s, &keys, &text, &by_subkey);
	ck_assert(vz_signers_know(s, &text, &by_subkey));
	ck_assert(!vz_signers_know(s, &text, &signature));
}
END_TEST

/* What a repository's metadata teaches, whose signature is armoured. */
START_TEST(test_armoured)
{
	auto_signers struct vz_signers *s = vz_signers_new();
	auto_buf struct vz_buf metadata = {0}, armoured = {0}, binary = {0}, more = {0};

	vz_buf_puts(&metadata, "<repomd/>");
	run_gpg(&metadata, &armoured, "--armor", "--detach-sign", "-u", "good@example.org");
	must(vz_trust_detached(&both, &metadata, &armoured, &err));
	vz_signers_learn(s, &both, &metadata, &armoured);
	ck_assert(!vz_signers_know(s, &text, &signature));
	ck_assert(vz_trust_dearmor(&armoured, &binary));
	vz_signers_learn(s, &both, &metadata, &binary);
	ck_assert(vz_signers_know(s, &text, &signature));

	/* one block, and nothing else */
	vz_buf_clear(&binary);
	ck_assert(!vz_trust_dearmor(&signature, &binary));
	vz_buf_puts(&more, " ");
	vz_buf_add(&more, armoured.data, armoured.len);
	ck_assert(!vz_trust_dearmor(&more, &binary));
	vz_buf_clear(&more);
	vz_buf_add(&more, armoured.data, armoured.len);
	vz_buf_puts(&more, "\n");
	ck_assert(vz_trust_dearmor(&more, &binary));
	vz_buf_add(&more, armoured.data, armoured.len);
	ck_assert(!vz_trust_dearmor(&more, &binary));
	vz_buf_clear(&more);
	vz_buf_add(&more, armoured.data, 60);
	vz_buf_add(&more, armoured.data, armoured.len);
	ck_assert(!vz_trust_dearmor(&more, &binary));
	ck_assert(!vz_trust_dearmor(&(struct vz_buf){0}, &binary));
	for (size_t len = 0; len < armoured.len - 2; len++) {
		vz_buf_clear(&more);
		vz_buf_add(&more, armoured.data, len);
		ck_assert(!vz_trust_dearmor(&more, &binary));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("signer");
	TCase *tc = tcase_create("signer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_good);
	tcase_add_test(tc, test_flipped);
	tcase_add_test(tc, test_special);
	tcase_add_test(tc, test_twice);
	tcase_add_test(tc, test_not_learned);
	tcase_add_test(tc, test_subkey);
	tcase_add_test(tc, test_armoured);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
