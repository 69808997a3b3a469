/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "resolver/keyring.h"
#include "resolver/trust_rpm.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "tests/unit/gpg.h"
#include "tests/unit/rpmfile.h"
#include "tests/unit/scratch.h"

static struct vz_buf keyring, other, both, expired;
static struct vz_plan_package planned = { .name = "tst", .version = "1-1", .arch = "noarch" };

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

enum { IN_DSA = 267, IN_RSA = 268, IN_OPENPGP = 278 };

static void sign_as(const struct vz_buf *header, const char *who, struct vz_buf *ret)
{
	run_gpg(header, ret, "--detach-sign", "-u", who);
}

static void sign_good(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0};

	sign_as(header, "good@example.org", &s);
	header_add(h, IN_DSA, T_BIN, (uint32_t)s.len, s.data, s.len);
}

static void sign_twice(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0};

	sign_as(header, "other@example.org", &s);
	sign_good(h, header);
	header_add(h, IN_RSA, T_BIN, (uint32_t)s.len, s.data, s.len);
}

/* A good one, and one of something else by the same key. */
static void sign_bad_beside(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0}, text = {0};

	vz_buf_puts(&text, "something else");
	sign_as(&text, "good@example.org", &s);
	sign_good(h, header);
	header_add(h, IN_RSA, T_BIN, (uint32_t)s.len, s.data, s.len);
}

/* As rpm 6 keeps it. */
static void sign_base64(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0};
	auto_free char *text = NULL;

	sign_as(header, "good@example.org", &s);
	text = vz_alloc(s.len * 2);
	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)s.data, (int)s.len);
	header_add(h, IN_OPENPGP, T_STRINGS, 1, text, strlen(text) + 1);
}

static void sign_sha1(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0};

	run_gpg(header, &s, "--allow-weak-digest-algos", "--digest-algo", "SHA1", "--detach-sign", "-u", "good@example.org");
	header_add(h, IN_DSA, T_BIN, (uint32_t)s.len, s.data, s.len);
}

static void sign_expired(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0};

	run_gpg(header, &s, "--faked-system-time", "20200201T000000", "--detach-sign", "-u", "expired@example.org");
	header_add(h, IN_DSA, T_BIN, (uint32_t)s.len, s.data, s.len);
}

static void sign_revoked(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0};

	sign_as(header, "revoked@example.org", &s);
	header_add(h, IN_DSA, T_BIN, (uint32_t)s.len, s.data, s.len);
}

/* A message that brings its own text, signed by the right key. */
static void sign_inline(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0}, text = {0};

	(void)header;
	vz_buf_puts(&text, "an old message");
	run_gpg(&text, &s, "--sign", "-u", "good@example.org");
	header_add(h, IN_DSA, T_BIN, (uint32_t)s.len, s.data, s.len);
}

static void sign_garbage(struct rpm_header *h, const struct vz_buf *header)
{
	(void)header;
	header_add(h, IN_RSA, T_BIN, 4, "\x88\xff\1\2", 4);
}

/* Over header and payload together, and nothing else. */
static void sign_legacy(struct rpm_header *h, const struct vz_buf *header)
{
	auto_buf struct vz_buf s = {0};

	sign_as(header, "good@example.org", &s);
	header_add(h, 1005, T_BIN, (uint32_t)s.len, s.data, s.len);
}

static int check(const struct vz_buf *keys, bool need, const struct vz_buf *rpm)
{
	auto_signers struct vz_signers *known = vz_signers_new();
	auto_fd int fd = memfd_create("rpm", MFD_CLOEXEC);

	must(vz_write_fd(fd, rpm->data, rpm->len, &err));
	return vz_trust_rpm(known, keys, need, &planned, fd, &err);
}

#define FILES .files = { { .path = "/a", .data = "content" } }

static const struct {
	const char *text;            /* NULL: taken */
	const struct vz_buf *keys;
	void (*sign)(struct rpm_header *h, const struct vz_buf *header);
	struct rpm_spec spec;
} cases[] = {
	{ NULL, &keyring, sign_good, { FILES } },
	{ NULL, &both, sign_good, { FILES } },
	{ NULL, &keyring, sign_base64, { FILES } },
	{ NULL, &keyring, sign_twice, { FILES } },
	{ NULL, &other, sign_twice, { FILES } },
	{ "it is not signed", &keyring, NULL, { FILES } },
	{ "it is not signed", &keyring, sign_legacy, { FILES } },
	{ "the key is not in the keyring", &other, sign_good, { FILES } },
	{ "the key is not in the keyring", &other, sign_base64, { FILES } },
	{ "the signature is wrong", &keyring, sign_bad_beside, { FILES } },
	{ "the key has expired", &expired, sign_expired, { FILES } },
	{ "not signed as the recipe's key demands", &keyring, sign_sha1, { FILES } },
	{ "a signature of it is malformed", &keyring, sign_inline, { FILES } },
	{ "a signature of it is malformed", &keyring, sign_garbage, { FILES } },
	{ "the signature is wrong", &keyring, sign_good, { FILES, .patch = { HEADER, -20, "z", 1 } } },
	{ "the signature is wrong", &keyring, sign_good, { FILES, .patch = { HEADER, 40, "\0\0\0\1", 4 } } },
	{ "the signature is wrong", &keyring, sign_base64, { FILES, .patch = { HEADER, -100, "z", 1 } } },
	{ "it has no magic", &keyring, sign_good, { FILES, .patch = { HEADER, 4, "\1", 1 } } },
	{ "payload does not have the digest", &keyring, sign_good, { FILES, .patch = { PAYLOAD, 9, "f", 1 } } },
	{ "payload does not have the digest", &keyring, sign_good, { FILES, .tags = { { 5092, T_STRINGS, 1, "00", 3 } } } },
	{ "does not cover its payload", &keyring, sign_good, { FILES, .no_digests = true } },
	{ "the digest of its payload is too weak", &keyring, sign_good, { FILES, .tags = { { 5093, T_INT32, 1, "\0\0\0\1", 4 } } } },
	{ "the digest of its payload is too weak", &keyring, sign_good, { FILES, .tags = { { 5093, T_INT32, 1, "\0\0\0\2", 4 } } } },
	{ "unknown kind", &keyring, sign_good, { FILES, .tags = { { 5093, T_INT32, 1, "\0\0\0\143", 4 } } } },
	{ "no .rpm package", &keyring, sign_good, { FILES, .patch = { LEAD, 0, "x", 1 } } },
	{ "begin with a region", &keyring, sign_good, { FILES, .patch = { HEADER, 16, "\0\0\0\76", 4 } } },
	{ "it is signed as 'tst' 1-1 (noarch)", &keyring, sign_good, { FILES, .tags = { { 1003, 0, 0, NULL, 0 } } } },
};

START_TEST(test_cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_buf struct vz_buf rpm = {0};

		/* the last: good, but not what was planned */
		planned.version = strstr(cases[i].text ? cases[i].text : "", "it is signed as") ? (char *)"2-1" : (char *)"1-1";
		rpm_make(&cases[i].spec, cases[i].sign, &rpm);
		if (!cases[i].text) {
			ck_assert_msg(check(cases[i].keys, true, &rpm) == 0, "case %zu: %s", i, err.msg);
			continue;
		}
		if (check(cases[i].keys, true, &rpm) == 0)
			ck_abort_msg("case %zu is taken, should be: %s", i, cases[i].text);
		ck_assert_msg(err.code == VZ_UNTRUSTED && strstr(err.msg, cases[i].text), "case %zu: %d %s", i, err.code, err.msg);
	}
}
END_TEST

START_TEST(test_planned)
{
	static const struct { const char *name, *version, *arch; } wrong[] = {
		{ "tst2", "1-1", "noarch" }, { "tst", "1-2", "noarch" }, { "tst", "7:1-1", "noarch" }, { "tst", "1-1", "x86_64" },
	};
	struct rpm_spec spec = { FILES, .tags = { { 1003, 0, 0, NULL, 0 } } };
	auto_buf struct vz_buf rpm = {0};

	rpm_make(&spec, sign_good, &rpm);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		planned = (struct vz_plan_package){ .name = (char *)wrong[i].name, .version = (char *)wrong[i].version,
						    .arch = (char *)wrong[i].arch };
		must_fail(check(&keyring, true, &rpm), VZ_UNTRUSTED, "it is signed as 'tst' 1-1 (noarch)");
	}
	planned = (struct vz_plan_package){ .name = (char *)"tst", .version = (char *)"7:1-1", .arch = (char *)"noarch" };
	spec.tags[0] = (struct rpm_tag){ 9003, T_INT32, 1, "\0\0\0\7", 4 };
	vz_buf_clear(&rpm);
	rpm_make(&spec, sign_good, &rpm);
	must(check(&keyring, true, &rpm));
}
END_TEST

/* Covered by signed metadata: unsigned is taken, but a signature that is there must be good. */
START_TEST(test_optional)
{
	static const struct rpm_spec spec = { FILES };
	auto_buf struct vz_buf rpm = {0};

	rpm_make(&spec, NULL, &rpm);
	must(check(&keyring, false, &rpm));
	vz_buf_clear(&rpm);
	rpm_make(&spec, sign_good, &rpm);
	must(check(&keyring, false, &rpm));
	must_fail(check(&other, false, &rpm), VZ_UNTRUSTED, "not in the keyring");
}
END_TEST

START_TEST(test_revoked)
{
	static const struct rpm_spec spec = { FILES };
	auto_buf struct vz_buf rpm = {0}, keys = {0}, text = {0}, revocation = {0};
	auto_free char *path = NULL;
	char *fpr;

	rpm_make(&spec, sign_revoked, &rpm);
	run_gpg(NULL, &keys, "--export", "revoked@example.org");
	must(check(&keys, true, &rpm));
	run_gpg(NULL, &text, "--with-colons", "--list-keys", "revoked@example.org");
	fpr = strstr(text.data, "fpr:::::::::") + strlen("fpr:::::::::");
	path = vz_printf("%s/openpgp-revocs.d/%.40s.rev", gpg_home, fpr);
	must(vz_read_file(AT_FDCWD, path, 1 << 20, &revocation, &err));
	/* gpg puts a colon before the armour against use by mistake */
	vz_buf_clear(&text);
	vz_buf_puts(&text, strstr(revocation.data, ":-----BEGIN") + 1);
	run_gpg(&text, NULL, "--import");
	vz_buf_clear(&keys);
	run_gpg(NULL, &keys, "--export", "revoked@example.org");
	must_fail(check(&keys, true, &rpm), VZ_UNTRUSTED, "the key was revoked");
}
END_TEST

START_TEST(test_cut)
{
	static const struct rpm_spec spec = { FILES };
	auto_buf struct vz_buf rpm = {0};
	size_t whole;

	rpm_make(&spec, sign_good, &rpm);
	whole = rpm.len;
	for (rpm.len = 0; rpm.len < whole; rpm.len += rpm.len + 200 < whole ? 37 : 5)
		must_fail(check(&keyring, true, &rpm), VZ_UNTRUSTED, "");
}
END_TEST

/* What rpmbuild and rpmsign make. */
START_TEST(test_real)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *path = vz_printf("%s/top/RPMS/t.rpm", dir), *env = vz_printf("GNUPGHOME=%s", gpg_home);
	const char *script =
		"cd \"$1\"; export HOME=\"$1\"; printf 'Name: tst\\nVersion: 1\\nRelease: 1\\nSummary: x\\nLicense: x\\nBuildArch: noarch\\n"
		"%%description\\nx\\n%%install\\nmkdir -p %%{buildroot}; echo x >%%{buildroot}/x\\n%%files\\n/x\\n' >t.spec\n"
		"rpmbuild -bb --quiet --define \"_topdir $1/top\" --define '_rpmfilename t.rpm' t.spec\n"
		"rpmsign --addsign --define '_gpg_name good@example.org' --define '__gpg /usr/bin/gpg' top/RPMS/t.rpm\n";
	const char *argv[] = { "sh", "-ec", script, "sh", dir, NULL }, *envp[] = { env, "PATH=/usr/bin:/bin", NULL };
	auto_buf struct vz_buf out = {0}, rpm = {0};
	int status;

	planned = (struct vz_plan_package){ .name = (char *)"tst", .version = (char *)"1-1", .arch = (char *)"noarch" };
	must(vz_proc_run(&(struct vz_proc){ .argv = argv, .envp = envp, .stdin_fd = -1 }, &status, &out, &out, &err));
	ck_assert_msg(status == 0, "%s", out.data);
	must(vz_read_file(AT_FDCWD, path, 1 << 20, &rpm, &err));
	must(check(&keyring, true, &rpm));
	must_fail(check(&other, true, &rpm), VZ_UNTRUSTED, "not in the keyring");
	rpm.data[rpm.len - 3] ^= 1;
	must_fail(check(&keyring, true, &rpm), VZ_UNTRUSTED, "payload does not have the digest");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust-rpm");
	TCase *tc = tcase_create("trust-rpm");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_cases);
	tcase_add_test(tc, test_planned);
	tcase_add_test(tc, test_optional);
	tcase_add_test(tc, test_revoked);
	tcase_add_test(tc, test_cut);
	tcase_add_test(tc, test_real);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
