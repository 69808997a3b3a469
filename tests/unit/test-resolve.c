/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a recipe to a plan, against a repository that is made here and bent in
 * each way that must be refused.  It is read through file: URLs; what servers
 * do wrong is test-fetch's.
 */
#include "resolver/resolve.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/digest.h"
#include "tests/unit/gpg.h"

#define DAY (24 * 60 * 60)
#define PACKAGE(name, more) "Package: " name "\nVersion: 1.0\nArchitecture: amd64\n" more "Filename: pool/" name ".deb\n" \
	"Size: 5\nSHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n\n"    /* "hello" */

enum form { INLINE, DETACHED, UNSIGNED };

/* What an archive publishes. */
struct archive {
	enum form form;
	const char *suite, *codename, *components, *architectures;
	long date, valid_until;          /* seconds from now; 0: none */
	bool by_hash;                    /* and only there */
	const char *endings;             /* of the forms of Packages, " "-separated; "." is plain */
	const char *packages;
	const char *listed;              /* what the digest of the plain text is taken of; NULL: `packages` */
	const char *signer;
};
static const struct archive usual = {
	.suite = "stable", .codename = "bookworm", .components = "main contrib", .architectures = "amd64 arm64", .date = -DAY,
	.endings = "xz", .packages = PACKAGE("a", "Depends: b\n") PACKAGE("b", ""), .signer = "good@example.org",
};

static char dir[] = "/tmp/vz-test-resolve-XXXXXX";
static char *url, *key, *other_key;
static struct vz_recipe_repo repo;
static struct vz_recipe recipe;
static struct vz_recipe_packages packages;

static char *in_dir(const char *name)
{
	return vz_printf("%s/%s", dir, name);
}

static void put(const char *name, const void *data, size_t len)
{
	auto_free char *path = in_dir(name), *parent = vz_strdup(path);

	*strrchr(parent, '/') = 0;
	must(vz_make_dirs(AT_FDCWD, parent, 0700, &err));
	must(vz_write_file(AT_FDCWD, path, data, len, 0600, &err));
}

static void compress(const char *ending, const char *text, struct vz_buf *ret)
{
	static const char *const tools[][2] = { { "xz", "xz" }, { "gz", "gzip" }, { "zst", "zstd" }, { "bz2", "bzip2" } };
	auto_free char *path = in_dir("plain");
	const char *argv[] = { NULL, "-c", NULL };
	auto_fd int fd = -1;
	int status;

	put("plain", text, strlen(text));
	fd = vz_open(AT_FDCWD, path, O_RDONLY, 0, &err);
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
		if (strcmp(tools[i][0], ending) == 0)
			argv[0] = tools[i][1];
	if (!argv[0]) {
		vz_buf_puts(ret, text);
		return;
	}
	must(vz_proc_run(&(struct vz_proc){ .argv = argv, .stdin_fd = fd }, &status, ret, NULL, &err));
	ck_assert_int_eq(status, 0);
}

static void put_digest(struct vz_buf *release, const void *data, size_t len, const char *name, char hex[VZ_HEX_LEN + 1])
{
	struct vz_digest d;

	vz_sha256(data, len, &d);
	vz_digest_hex(&d, hex);
	vz_buf_printf(release, " %s %zu main/binary-amd64/Packages%s\n", hex, len, name);
}

static void put_indexes(const struct archive *a, struct vz_buf *release)
{
	auto_free char *endings = vz_strdup(a->endings);
	const char *listed = a->listed ? a->listed : a->packages;
	char hex[VZ_HEX_LEN + 1], *save;

	vz_buf_puts(release, "SHA256:\n");
	put_digest(release, listed, strlen(listed), "", hex);
	for (char *e = strtok_r(endings, " ", &save); e; e = strtok_r(NULL, " ", &save)) {
		auto_free char *ending = vz_printf("%s%s", *e == '.' ? "" : ".", *e == '.' ? "" : e), *name = NULL;
		auto_buf struct vz_buf b = {0};

		compress(e, a->packages, &b);
		if (*ending)
			put_digest(release, b.data, b.len, ending, hex);
		name = a->by_hash ? vz_printf("repo/dists/stable/main/binary-amd64/by-hash/SHA256/%s", hex) :
		       vz_printf("repo/dists/stable/main/binary-amd64/Packages%s", ending);
		put(name, b.data, b.len);
	}
}

static void put_date(struct vz_buf *b, const char *field, long from_now)
{
	time_t t = time(NULL) + from_now;
	char text[64];

	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S UTC", gmtime(&t));
	vz_buf_printf(b, "%s: %s\n", field, text);
}

static void publish(const struct archive *a)
{
	auto_buf struct vz_buf release = {0}, s = {0};

	must(vz_remove_tree(AT_FDCWD, url + strlen("file://"), &err));
	vz_buf_printf(&release, "Suite: %s\nCodename: %s\nComponents: %s\nArchitectures: %s\nAcquire-By-Hash: %s\n", a->suite,
		      a->codename, a->components, a->architectures, a->by_hash ? "yes" : "no");
	put_date(&release, "Date", a->date);
	if (a->valid_until)
		put_date(&release, "Valid-Until", a->valid_until);
	put_indexes(a, &release);
	put("repo/pool/a.deb", "hello", 5);
	put("repo/pool/b.deb", "hello", 5);
	if (a->form == INLINE) {
		run_gpg(&release, &s, "--clearsign", "-u", a->signer);
		put("repo/dists/stable/InRelease", s.data, s.len);
		return;
	}
	put("repo/dists/stable/Release", release.data, release.len);
	if (a->form == DETACHED) {
		run_gpg(&release, &s, "--detach-sign", "--armor", "-u", a->signer);
		put("repo/dists/stable/Release.gpg", s.data, s.len);
	}
}

/* Changes one word in a published file. */
static void bend(const char *name, const char *from, const char *to)
{
	auto_buf struct vz_buf b = {0};
	auto_free char *path = in_dir(name);
	char *at;

	must(vz_read_file(AT_FDCWD, path, 1 << 20, &b, &err));
	at = strstr(b.data, from);
	ck_assert_ptr_nonnull(at);
	memcpy(at, to, strlen(to));
	put(name, b.data, b.len);
}

static struct vz_plan *resolve_as(bool offline)
{
	auto_free char *state = in_dir("state");
	auto_fd int fd = -1;
	auto_session struct vz_session *s = NULL;

	must(vz_make_dirs(AT_FDCWD, state, 0700, &err));
	fd = vz_open_dir(AT_FDCWD, state, &err);
	s = vz_session_new(&(struct vz_resolve_options){ .repos_fd = fd, .offline = offline });
	return vz_resolve(s, &recipe, NULL, &err);
}

/* Resolves and expects "a" and "b"; gives the date of the plan. */
static int64_t good(bool offline)
{
	auto_plan struct vz_plan *p = resolve_as(offline);

	ck_assert_msg(p != NULL, "%s", err.msg);
	ck_assert_uint_eq(p->n_packages, 2);
	ck_assert_str_eq(p->packages[0].name, "b");
	ck_assert_str_eq(p->packages[1].location, "pool/a.deb");
	ck_assert_str_eq(p->repos[0].suite, "stable");
	ck_assert_int_eq(p->date, p->repos[0].date);
	return p->date;
}

static void bad(enum vz_code code, const char *text)
{
	auto_plan struct vz_plan *p = resolve_as(false);

	ck_assert_msg(p == NULL, "resolved, but '%s' was expected", text);
	ck_assert_msg(strstr(err.msg, text), "expected '%s': %s", text, err.msg);
	ck_assert_msg(err.code == code, "code %d: %s", err.code, err.msg);
	ck_assert_msg(strstr(err.msg, "repository 'main'") != NULL, "%s", err.msg);
}

static void put_key(const char *name, const char *user)
{
	auto_buf struct vz_buf b = {0};

	run_gpg(NULL, NULL, "--quick-generate-key", user, "ed25519", "sign", "never");
	run_gpg(NULL, &b, "--export", user);
	put(name, b.data, b.len);
}

static void make_keys(void)
{
	auto_free char *path = NULL;

	gpg_setup();
	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = in_dir("repo");
	url = vz_printf("file://%s", path);
	key = in_dir("good.gpg");
	other_key = in_dir("other.gpg");
	put_key("good.gpg", "good@example.org");
	put_key("other.gpg", "other@example.org");
}

static void remove_keys(void)
{
	must(vz_remove_tree(AT_FDCWD, dir, &err));
	gpg_teardown();
	free(url);
	free(key);
	free(other_key);
}

/* Each test starts with no state and the usual recipe. */
static void setup(void)
{
	static char *components[] = { (char *)"main" }, *install[] = { (char *)"a" };
	auto_free char *state = in_dir("state");

	must(vz_remove_tree(AT_FDCWD, state, &err));
	repo = (struct vz_recipe_repo){ .id = (char *)"main", .type = (char *)"deb", .urls = &url, .n_urls = 1,
					.suite = (char *)"stable", .components = components, .n_components = 1, .key = key,
					.priority = 50 };
	packages = (struct vz_recipe_packages){ .install = install, .n_install = 1, .recommends = -1 };
	recipe = (struct vz_recipe){ .path = (char *)"x.recipe", .name = (char *)"x", .kind = (char *)"os", .arch = (char *)"x86_64",
				     .repos = &repo, .n_repos = 1, .packages = &packages, .n_packages = 1 };
}

START_TEST(test_forms)
{
	static const char *const endings[] = { "xz", "gz", "zst", "bz2", ".", "xz gz zst" };
	struct archive a = usual;

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		setup();
		a.endings = endings[i];
		a.by_hash = i & 1;
		publish(&a);
		good(false);
	}
}
END_TEST

START_TEST(test_detached)
{
	struct archive a = usual;

	a.form = DETACHED;
	publish(&a);
	good(false);
	good(true);
	bend("repo/dists/stable/Release", "contrib", "contrab");
	bad(VZ_UNTRUSTED, "the signature is wrong");
}
END_TEST

START_TEST(test_codename)
{
	struct archive a = usual;

	a.suite = "oldstable";
	a.codename = "stable";
	publish(&a);
	good(false);
}
END_TEST

START_TEST(test_tampered)
{
	publish(&usual);
	bend("repo/dists/stable/InRelease", "contrib", "contrab");
	bad(VZ_UNTRUSTED, "the signature is wrong");
}
END_TEST

START_TEST(test_trailing)
{
	auto_buf struct vz_buf b = {0};
	auto_free char *path = in_dir("repo/dists/stable/InRelease");

	publish(&usual);
	must(vz_read_file(AT_FDCWD, path, 1 << 20, &b, &err));
	vz_buf_puts(&b, "SHA256:\n");
	put("repo/dists/stable/InRelease", b.data, b.len);
	bad(VZ_UNTRUSTED, "not exactly one clear-signed text");
}
END_TEST

START_TEST(test_wrong_key)
{
	publish(&usual);
	repo.key = other_key;
	bad(VZ_UNTRUSTED, "the key is not in the keyring");
	repo.key = (char *)"/nonexistent";
	bad(VZ_NOTFOUND, "no key file '/nonexistent'");
}
END_TEST

START_TEST(test_bad_inrelease_is_final)
{
	struct archive a = usual;

	/* a good Release beside a bad InRelease is no way round */
	a.form = DETACHED;
	publish(&a);
	put("repo/dists/stable/InRelease", "Suite: stable\n", 14);
	bad(VZ_UNTRUSTED, "not exactly one clear-signed text");
}
END_TEST

START_TEST(test_dates)
{
	struct archive a = usual;

	a.valid_until = -60;
	publish(&a);
	bad(VZ_UNTRUSTED, "is not valid any more since");
	a.valid_until = 3600;
	publish(&a);
	good(false);
	a.date = 2 * DAY;
	publish(&a);
	bad(VZ_UNTRUSTED, "which is in the future");
	ck_assert_ptr_nonnull(strstr(err.hint, "clock"));
}
END_TEST

START_TEST(test_rollback)
{
	struct archive a = usual;
	int64_t first, second;

	publish(&a);
	first = good(false);
	a.date += 3600;
	publish(&a);
	second = good(false);
	ck_assert_int_gt(second, first);
	a.date -= 7200;
	publish(&a);
	bad(VZ_UNTRUSTED, "was seen before");
	/* another name for the repository in the recipe is no way round */
	repo.id = (char *)"main'";
	ck_assert_ptr_null(resolve_as(false));
	ck_assert_int_eq(err.code, VZ_UNTRUSTED);
}
END_TEST

START_TEST(test_wrong_suite)
{
	struct archive a = usual;

	a.suite = a.codename = "testing";
	publish(&a);
	bad(VZ_UNTRUSTED, "the recipe asks for suite 'stable', but the mirror gives suite 'testing'");
}
END_TEST

START_TEST(test_missing_parts)
{
	struct archive a = usual;

	a.components = "contrib";
	publish(&a);
	bad(VZ_UNRESOLVED, "suite 'stable' has no component 'main'");
	ck_assert_str_eq(err.hint, "it has: contrib");
	a = usual;
	a.architectures = "arm64 i386";
	publish(&a);
	bad(VZ_UNRESOLVED, "suite 'stable' has no architecture 'amd64'");
	repo.components[0] = (char *)"contrib";
	publish(&usual);
	bad(VZ_UNRESOLVED, "lists no index 'contrib/binary-amd64/Packages'");
	repo.components[0] = (char *)"main";
}
END_TEST

START_TEST(test_index_digest)
{
	publish(&usual);
	put("repo/dists/stable/main/binary-amd64/Packages.xz", "garbage", 7);
	bad(VZ_UNTRUSTED, "Packages.xz");
}
END_TEST

START_TEST(test_index_content)
{
	struct archive a = usual;

	/* the compressed form is as listed, but not what is in it */
	a.listed = PACKAGE("a", "") PACKAGE("c", "Depends: d\n");
	publish(&a);
	bad(VZ_UNTRUSTED, "does not decompress to what its Release promises");
}
END_TEST

START_TEST(test_index_bomb)
{
	struct archive a = usual;

	a.listed = PACKAGE("a", "");
	publish(&a);
	bad(VZ_UNTRUSTED, "larger than the");
}
END_TEST

START_TEST(test_index_absent)
{
	auto_free char *path = in_dir("repo/dists/stable/main/binary-amd64/Packages.xz");

	publish(&usual);
	ck_assert_int_eq(unlink(path), 0);
	bad(VZ_NETWORK, "no mirror has the index 'main/binary-amd64/Packages'");
}
END_TEST

START_TEST(test_unsigned)
{
	struct archive a = usual;

	a.form = UNSIGNED;
	publish(&a);
	bad(VZ_UNTRUSTED, "is not signed: there is neither InRelease nor Release.gpg");
	repo.key = NULL;
	repo.unsigned_ok = true;
	good(false);
	good(true);
}
END_TEST

START_TEST(test_signed_stays_signed)
{
	struct archive a = usual;

	publish(&a);
	good(false);
	a.form = UNSIGNED;
	publish(&a);
	repo.key = NULL;
	repo.unsigned_ok = true;
	bad(VZ_UNTRUSTED, "it was signed when it was last seen");
}
END_TEST

START_TEST(test_offline)
{
	struct archive a = usual;

	publish(&a);
	ck_assert_ptr_null(resolve_as(true));
	ck_assert_int_eq(err.code, VZ_NETWORK);
	ck_assert_ptr_nonnull(strstr(err.msg, "no metadata is cached"));
	a.valid_until = 2;
	publish(&a);
	good(false);
	good(true);
	sleep(3);
	ck_assert_ptr_null(resolve_as(true));
	ck_assert_int_eq(err.code, VZ_NETWORK);
	ck_assert_ptr_nonnull(strstr(err.msg, "cached metadata is not valid any more"));
}
END_TEST

static void set_time(const char *name, time_t t)
{
	auto_free char *path = in_dir(name);
	struct timespec times[2] = { { t, 0 }, { t, 0 } };

	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

START_TEST(test_not_modified)
{
	struct archive a = usual;
	time_t now = time(NULL);
	int64_t first;

	publish(&a);
	set_time("repo/dists/stable/InRelease", now - 7200);
	first = good(false);
	/* by its time the file is the one we have: it is not read */
	put("repo/dists/stable/InRelease", "garbage", 7);
	set_time("repo/dists/stable/InRelease", now - 7200);
	ck_assert_int_eq(good(false), first);
	a.date += 3600;
	publish(&a);
	set_time("repo/dists/stable/InRelease", now - 3600);
	ck_assert_int_ge(good(false), first + 3600);
	/* a key that the kept file is not signed with: it is fetched again, and refused */
	repo.key = other_key;
	bad(VZ_UNTRUSTED, "the key is not in the keyring");
}
END_TEST

static void shell(const char *script, const char *arg)
{
	const char *argv[] = { "sh", "-c", script, "sh", arg, NULL };
	int status;

	must(vz_proc_run(&(struct vz_proc){ .argv = argv, .stdin_fd = -1 }, &status, NULL, NULL, &err));
	ck_assert_int_eq(status, 0);
}

/* Every file of the state, damaged in its middle. */
START_TEST(test_damaged_state)
{
	auto_free char *state = in_dir("state");

	publish(&usual);
	good(false);
	shell("for f in \"$1\"/*/*; do [ ! -s \"$f\" ] || printf XXXX | "
	      "dd of=\"$f\" bs=1 conv=notrunc seek=$(($(stat -c %s \"$f\") / 2)) status=none; done", state);
	/* the dates are gone, and are not taken for none */
	bad(VZ_DAMAGED, "the state of repository 'main' cannot be read");
	shell("rm \"$1\"/*/state", state);
	good(false);
	good(true);
}
END_TEST

static int keep(void *ctx, const struct vz_plan_package *p, int fd, struct vz_err *e)
{
	auto_buf struct vz_buf b = {0};
	auto_fd int own = fd;

	must(vz_read_fd(own, 100, &b, e));
	ck_assert_str_eq(b.data, "hello");
	ck_assert(p->name[0] == 'a' || p->name[0] == 'b');
	__atomic_add_fetch((unsigned *)ctx, 1, __ATOMIC_RELAXED);
	return 0;
}

static int fetch_plan(struct vz_session *s, const struct vz_plan *p, unsigned *ret)
{
	const struct vz_plan_package *all[2] = { &p->packages[0], &p->packages[1] };
	auto_fd int fd = vz_open_dir(AT_FDCWD, dir, &err);

	return vz_resolve_fetch(s, all, 2, fd, keep, ret, &err);
}

START_TEST(test_fetch)
{
	auto_plan struct vz_plan *p = NULL, *lock = NULL;
	auto_session struct vz_session *s = vz_session_new(&(struct vz_resolve_options){ .repos_fd = -1 });
	auto_buf struct vz_buf text = {0};
	unsigned got = 0;

	publish(&usual);
	p = resolve_as(false);
	ck_assert_msg(p != NULL, "%s", err.msg);
	vz_plan_write(p, &text);
	lock = vz_plan_read(text.data, text.len, "lock", &err);
	ck_assert_msg(lock != NULL, "%s", err.msg);
	/* a lock needs no metadata */
	must(vz_resolve_locked(s, &recipe, lock, &err));
	must(fetch_plan(s, lock, &got));
	ck_assert_uint_eq(got, 2);
	put("repo/pool/b.deb", "hellO", 5);
	must_fail(fetch_plan(s, lock, &got), VZ_UNTRUSTED, "pool/b.deb");
	repo.id = (char *)"other";
	must_fail(vz_resolve_locked(s, &recipe, lock, &err), VZ_UNRESOLVED, "the lock needs repository 'main'");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		test_forms, test_detached, test_codename, test_tampered, test_trailing, test_wrong_key, test_bad_inrelease_is_final,
		test_dates, test_rollback, test_wrong_suite, test_missing_parts, test_index_digest, test_index_content,
		test_index_bomb, test_index_absent, test_unsigned, test_signed_stays_signed, test_offline, test_not_modified,
		test_damaged_state,
		test_fetch,
	};
	Suite *suite = suite_create("resolve");
	TCase *tc = tcase_create("resolve");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 300);
	tcase_add_unchecked_fixture(tc, make_keys, remove_keys);
	tcase_add_checked_fixture(tc, setup, NULL);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
