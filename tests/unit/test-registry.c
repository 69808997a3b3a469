/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a registry's client reads without one: names, challenges, credentials, signatures. */
#include "tests/unit/unit.h"

#include "share/credentials.h"
#include "share/registry_auth.h"
#include "share/signature.h"
#include "tests/unit/scratch.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

START_TEST(test_names)
{
	static const struct { const char *text, *host, *repository, *tag; bool local; } good[] = {
		{ "h/r", "h", "r", "latest", false },
		{ "localhost:5000/a/b-c_d.e:1.2_X", "localhost:5000", "a/b-c_d.e", "1.2_X", true },
		{ "127.0.0.1:1/r@sha256:" HEX, "127.0.0.1:1", "r", "latest", true },
		{ "[::1]:80/r", "[::1]:80", "r", "latest", true },
		{ "127.example/r", "127.example", "r", "latest", false },
	};
	static const char *const bad[] = {
		"", "r", "/r", "h/", "h/R", "h//r", "h/r/", "h/../r", "h/r:", "h/r:.a", "h/r:a b", "h/r@sha256:00", "h/r@md5:" HEX,
		"h:x/r", "h:/r", "a@b/r", "h/r?x", "-h/r", "h/-r", "h/r\n", "[::1/r", "h/r@sha256:" HEX "0",
	};
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		auto_registry_name struct vz_registry_name n = {0};

		must(vz_registry_name_parse(good[i].text, &n, &err));
		ck_assert_str_eq(n.host, good[i].host);
		ck_assert_str_eq(n.repository, good[i].repository);
		ck_assert_str_eq(n.tag, good[i].tag);
		ck_assert_str_eq(n.digest, strchr(good[i].text, '@') ? HEX : "");
		ck_assert(vz_registry_name_is_local(&n) == good[i].local);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct vz_registry_name n;

		must_fail(vz_registry_name_parse(bad[i], &n, &err), VZ_USAGE, "not a name in a registry");
	}
}
END_TEST

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

START_TEST(test_challenges)
{
	static const struct { const char *text; bool good, bearer; const char *realm, *service, *scope; } cases[] = {
		{ "Basic realm=\"x\"", true, false, NULL, NULL, NULL },
		{ "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:r:pull,push\"", true, true, "https://a/t", "s",
		  "repository:r:pull,push" },
		{ "bearer  service=s , realm=https://a", true, true, "https://a", "s", NULL },
		{ "Bearer realm=\"https://a", true, true, "https://a", NULL, NULL },
		{ "Bearer service=\"s\"", false, false, NULL, NULL, NULL },
		{ "Bearer ", false, false, NULL, NULL, NULL },
		{ "Negotiate x", false, false, NULL, NULL, NULL },
		{ "", false, false, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct vz_registry_challenge c = {0};

		ck_assert_msg(vz_registry_challenge_parse(cases[i].text, &c) == cases[i].good, "%s", cases[i].text);
		ck_assert(c.bearer == cases[i].bearer && same(c.realm, cases[i].realm) && same(c.service, cases[i].service) &&
			  same(c.scope, cases[i].scope));
		vz_registry_challenge_release(&c);
	}
}
END_TEST

/* "dTpw" is u:p, "dTpx" is u:q. */
START_TEST(test_credentials)
{
	static const struct { const char *file, *want; } cases[] = {
		{ "{\"auths\":{\"h:1\":{\"auth\":\"dTpw\"}}}", "u:p" },
		{ "{\"auths\":{\"h:1\":{\"auth\":\"dTpw\"},\"h:1/team\":{\"auth\":\"dTpx\"}}}", "u:q" },
		{ "{\"auths\":{\"h:1/tea\":{\"auth\":\"dTpx\"},\"h:1/team/x/y\":{\"auth\":\"dTpx\"},\"h\":{\"auth\":\"dTpx\"}}}", NULL },
		{ "{\"auths\":{\"https://h:1/v2/\":{\"auth\":\"dTpw\"}}}", "u:p" },
		{ "{\"auths\":{\"h:1\":{}}}", NULL },
		{ "{\"credsStore\":\"x\"}", NULL },
		{ "[]", NULL },
	};
	static const char *const bad[] = {
		"", "{", "{\"auths\":{\"h:1\":{\"auth\":\"!\"}}}", "{\"auths\":{\"h:1\":{\"auth\":\"dXA=\"}}}",
		"{\"auths\":{\"h:1\":{\"auth\":\"dTpwDQo=\"}}}",
	};
	struct vz_registry_name n = { .host = (char *)"h:1", .repository = (char *)"team/x" };
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_free char *got = NULL;

		must(vz_credentials_parse(cases[i].file, strlen(cases[i].file), "file", &n, &got, &err));
		ck_assert_msg(same(got, cases[i].want), "%s: %s", cases[i].file, got);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *got;

		must_fail(vz_credentials_parse(bad[i], strlen(bad[i]), "file", &n, &got, &err), VZ_FAILED, "'file'");
	}
}
END_TEST

static const char key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";          /* RFC 8032, 7.1, test 1 */
static const char public_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
	"-----END PUBLIC KEY-----\n";

static char *put(const char *dir, const char *name, const char *text)
{
	char *path = vz_printf("%s/%s", dir, name);
	struct vz_err err = {0};

	must(vz_write_file(AT_FDCWD, path, text, strlen(text), 0600, &err));
	return path;
}

START_TEST(test_signatures)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *secret = put(dir, "key", key), *known = put(dir, "pub", public_key), *none = put(dir, "none", "x\n");
	auto_free char *absent = vz_printf("%s/absent", dir);
	struct vz_registry_name n = { .host = (char *)"h:1", .repository = (char *)"team/x" };
	auto_buf struct vz_buf text = {0}, signature = {0};
	char subject[VZ_HEX_LEN + 1];
	struct vz_err err = {0};

	vz_signature_text(&n, HEX, &text);
	must(vz_signature_subject(text.data, text.len, subject, &err));
	ck_assert_str_eq(subject, HEX);
	must(vz_signature_make(secret, text.data, text.len, &signature, &err));
	must(vz_signature_check(known, text.data, text.len, signature.data, &err));
	must(vz_signature_check(secret, text.data, text.len, signature.data, &err));
	must_fail(vz_signature_check(known, text.data, text.len - 1, signature.data, &err), VZ_UNTRUSTED, "no good signature");
	must_fail(vz_signature_check(known, text.data, text.len, "", &err), VZ_UNTRUSTED, "no good signature");
	signature.data[5] = signature.data[5] == 'A' ? 'B' : 'A';
	must_fail(vz_signature_check(known, text.data, text.len, signature.data, &err), VZ_UNTRUSTED, "no good signature");
	must_fail(vz_signature_make(known, text.data, text.len, &signature, &err), VZ_FAILED, "no private key");
	must_fail(vz_signature_check(none, text.data, text.len, "QQ==", &err), VZ_FAILED, "no public key");
	must_fail(vz_signature_check(absent, text.data, text.len, "QQ==", &err), VZ_NOTFOUND, "absent");
}
END_TEST

START_TEST(test_subjects)
{
	static const char *const bad[] = {
		"", "{}", "{\"critical\":{\"type\":\"cosign container image signature\"}}",
		"{\"critical\":{\"image\":{\"docker-manifest-digest\":\"sha256:" HEX "\"},\"type\":\"else\"}}",
		"{\"critical\":{\"image\":{\"docker-manifest-digest\":\"sha256:00\"},\"type\":\"cosign container image signature\"}}",
		"{\"critical\":{\"image\":{\"docker-manifest-digest\":\"" HEX "\"},\"type\":\"cosign container image signature\"}}",
	};
	char subject[VZ_HEX_LEN + 1];
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		must_fail(vz_signature_subject(bad[i], strlen(bad[i]), subject, &err), VZ_UNTRUSTED, "names no manifest");
}
END_TEST

UNIT_MAIN("registry", test_names, test_challenges, test_credentials, test_signatures, test_subjects)
