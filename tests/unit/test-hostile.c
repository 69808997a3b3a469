/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hostile packages: each is refused, or taken and harmless.  What reaches the host's file system is
 * seen by tests/flow/17-hostile-packages.sh, which runs this under a watcher, and without what is hostile
 * (CK_RUN_CASE=plain); it gets the packages as files in $VZ_KEEP_PACKAGES.
 */
#include "tests/unit/unit.h"

#include <ftw.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "store/dump.h"
#include "store/ingest.h"
#include "tests/unit/debattacks.h"
#include "tests/unit/rpmattacks.h"
#include "tests/unit/scratch.h"

#define N(array) (sizeof array / sizeof *array)

static struct vz_err err;

static struct vz_store *new_store(const char *dir)
{
	struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static void keep_package(const char *kind, const char *family, size_t i, const struct vz_buf *package)
{
	const char *dir = getenv("VZ_KEEP_PACKAGES");
	auto_free char *path = vz_printf("%s/%s-%03zu.%s", dir ? dir : "", kind, i, family);
	auto_fd int fd = dir ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (dir)
		ck_assert_int_eq(write(fd, package->data, package->len), package->len);
}

/* Returns what vz_ingest() does, and in `key` (VZ_HEX_LEN + 1 bytes) the record's. */
static int ingest(struct vz_store *s, const char *family, const struct vz_buf *package, char *key)
{
	auto_fd int fd = memfd_create("package", MFD_CLOEXEC);
	struct vz_ingest_result r;
	struct vz_digest d;

	ck_assert_int_eq(write(fd, package->data, package->len), package->len);
	vz_sha256(package->data, package->len, &d);
	vz_digest_hex(&d, key);
	vz_err_set(&err, VZ_BUSY, "(nothing was said)");
	return vz_ingest(s, family, fd, key, &r, &err);
}

static void is_refused(struct vz_store *s, const char *family, size_t i, const struct vz_buf *package, const char *text)
{
	char key[VZ_HEX_LEN + 1];

	keep_package("refused", family, i, package);
	if (ingest(s, family, package, key) == 0)
		ck_abort_msg("%s %zu is taken, should be: %s", family, i, text);
	ck_assert_msg(strstr(err.msg, text), "%s %zu: %s; not: %s", family, i, err.msg, text);
	ck_assert_msg(err.code == VZ_FAILED, "%s %zu: code %d", family, i, err.code);
	ck_assert_msg(!vz_record_has(s, key), "%s %zu left a record", family, i);
}

static void is_harmless(struct vz_store *s, const char *family, size_t i, const struct vz_buf *package,
			const char *const lines[3])
{
	char key[VZ_HEX_LEN + 1];
	auto_buf struct vz_buf dump = {0};
	auto_record struct vz_record *r = NULL;

	keep_package("harmless", family, i, package);
	if (ingest(s, family, package, key) < 0)
		ck_abort_msg("%s %zu: %s", family, i, err.msg);
	r = vz_record_read(s, key, &err);
	ck_assert_msg(r != NULL, "%s %zu: %s", family, i, err.msg);
	vz_dump_write(r->tree, &dump);
	for (int n = 0; n < 3 && lines[n]; n++)
		if (lines[n][0] == '!' ? strstr(dump.data, lines[n] + 1) != NULL : !strstr(dump.data, lines[n]))
			ck_abort_msg("%s %zu: '%s' in: %s", family, i, lines[n], dump.data);
}

/* What a store consists of: files and directories, nothing that anybody else may read or that gives rights. */
static int look_at(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)kind;
	(void)at;
	if ((!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) || (st->st_mode & 07022))
		ck_abort_msg("'%s' has mode %o", path, st->st_mode);
	return 0;
}

START_TEST(test_refused)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);

	ck_assert_uint_ge(N(deb_attacks) + N(rpm_attacks), 300);
	for (size_t i = 0; i < N(deb_attacks); i++) {
		auto_buf struct vz_buf deb = {0};

		deb_spec_make(&deb_attacks[i].spec, &deb);
		is_refused(s, "deb", i, &deb, deb_attacks[i].text);
	}
	for (size_t i = 0; i < N(rpm_attacks); i++) {
		auto_buf struct vz_buf rpm = {0};

		rpm_make(&rpm_attacks[i].spec, NULL, &rpm);
		is_refused(s, "rpm", i, &rpm, rpm_attacks[i].text);
	}
	nftw(dir, look_at, 16, FTW_PHYS);
}
END_TEST

START_TEST(test_harmless)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);

	for (size_t i = 0; i < N(deb_harmless); i++) {
		auto_buf struct vz_buf deb = {0};

		deb_spec_make(&deb_harmless[i].spec, &deb);
		is_harmless(s, "deb", i, &deb, deb_harmless[i].lines);
	}
	for (size_t i = 0; i < N(rpm_harmless); i++) {
		auto_buf struct vz_buf rpm = {0};

		rpm_make(&rpm_harmless[i].spec, NULL, &rpm);
		is_harmless(s, "rpm", i, &rpm, rpm_harmless[i].lines);
	}
	nftw(dir, look_at, 16, FTW_PHYS);
}
END_TEST

START_TEST(test_plain)
{
	static const char *const lines[3] = { "/f 5 100644 " };
	static const struct deb_spec deb_spec = { .data = { { .name = "f", .data = "plain" } } };
	static const struct rpm_spec rpm_spec = { .files = { { .path = "/f", 0, "plain" } } };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf deb = {0}, rpm = {0};

	deb_spec_make(&deb_spec, &deb);
	is_harmless(s, "deb", N(deb_harmless), &deb, lines);
	rpm_make(&rpm_spec, NULL, &rpm);
	is_harmless(s, "rpm", N(rpm_harmless), &rpm, lines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hostile");
	TCase *plain = tcase_create("plain"), *hostile = tcase_create("hostile");
	SRunner *runner;
	int failed;

	tcase_add_test(plain, test_plain);
	tcase_add_test(hostile, test_refused);
	tcase_add_test(hostile, test_harmless);
	tcase_set_timeout(hostile, 120);
	suite_add_tcase(suite, plain);
	suite_add_tcase(suite, hostile);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
