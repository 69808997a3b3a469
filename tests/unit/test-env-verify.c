/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/root.h"

#include "link/env.h"
#include "link/journal.h"
#include "link/settings.h"
#include "store/plans.h"

/* What moves to generation 2 and, not at its end, to 3 changed. */
static void write_journals(const struct root *r)
{
	static const char *const dirs[] = { "envs/e/generations/2.undo", "envs/e/moving" };
	struct vz_err err = {0};

	for (unsigned i = 0; i < 2; i++) {
		auto_journal struct vz_journal j = { .name = vz_strdup("e"), .from = i + 1, .to = i + 2 };
		auto_free char *path = vz_printf("%s/journal", dirs[i]);
		auto_buf struct vz_buf text = {0};

		vz_journal_add(&j, "/etc/passwd")->kind = VZ_UPPER_DROP;
		must(vz_journal_format(&j, &text, &err));
		must(vz_make_dirs(vz_store_fd(r->store), dirs[i], 0700, &err));
		must(vz_write_file(vz_store_fd(r->store), path, text.data, text.len, 0600, &err));
	}
}

/* An environment with two generations and settings, on a template that is there. */
static struct vz_composition make(const struct root *r)
{
	struct vz_composition c = { .template_name = (char *)"t", .template_version = 1, .image = r->image };
	const struct vz_env_move move = { .name = "e", .to = &c, .reason = "update" };
	const struct vz_settings settings = { .memory = 1 << 20 };
	struct vz_env_moved moved = {0};
	auto_env struct vz_env e = {0};
	struct vz_err err = {0};

	must(vz_make_dirs(vz_store_fd(r->store), "templates/t/1", 0700, &err));
	must(vz_write_file(vz_store_fd(r->store), "templates/t/1/manifest", "x", 1, 0600, &err));
	must(vz_plans_put(r->store, "one\n", 4, &c.plan, &err));
	must(vz_env_create(r->store, "e", &c, &e, &err));
	must(vz_plans_put(r->store, "two\n", 4, &c.plan, &err));
	must(vz_env_move(r->store, &move, &moved, &err));
	vz_env_moved_release(&moved);
	must(vz_settings_write(r->store, "e", &settings, &err));
	return c;
}

static struct vz_findings verify(const struct root *r)
{
	struct vz_findings f;

	vz_findings_init(&f);
	vz_env_verify(r->store, "e", &f);
	vz_findings_sort(&f);
	return f;
}

START_TEST(test_each_bit)
{
	static const struct { const char *path; enum vz_finding_kind kind; } files[] = {
		{ "envs/e/env.json", VZ_FINDING_ENV }, { "envs/e/settings.json", VZ_FINDING_SETTINGS },
		{ "envs/e/generations/1", VZ_FINDING_GENERATION }, { "envs/e/generations/2.undo/journal", VZ_FINDING_JOURNAL },
		{ "envs/e/moving/journal", VZ_FINDING_JOURNAL },
	};
	auto_root struct root r = root_new();
	struct vz_err err = {0};

	make(&r);
	write_journals(&r);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		auto_buf struct vz_buf text = {0};
		auto_fd int fd = -1;

		must(vz_read_file(vz_store_fd(r.store), files[i].path, 65536, &text, &err));
		must(fd = vz_open(vz_store_fd(r.store), files[i].path, O_WRONLY, 0, &err));
		for (size_t bit = 0; bit < text.len * 8; bit++) {
			const char was = text.data[bit / 8], is = (char)(was ^ 1 << bit % 8);

			ck_assert_int_eq(pwrite(fd, &is, 1, (off_t)(bit / 8)), 1);
			ck_assert_msg(vz_env_verify_path(r.store, files[i].kind, files[i].path, &err) < 0, "%s: bit %zu is missed",
				      files[i].path, bit);
			if (bit % 31 == 0) {
				auto_findings struct vz_findings f = verify(&r);

				ck_assert_msg(f.n == 1 && f.v[0].kind == files[i].kind && !strcmp(f.v[0].path, files[i].path),
					      "%s: bit %zu is not found", files[i].path, bit);
			}
			ck_assert_int_eq(pwrite(fd, &was, 1, (off_t)(bit / 8)), 1);
		}
		must(vz_env_verify_path(r.store, files[i].kind, files[i].path, &err));
	}
}
END_TEST

static void check_missing(const struct root *r, const char *path, enum vz_finding_kind kind)
{
	auto_findings struct vz_findings f = {0};

	ck_assert_int_eq(renameat(vz_store_fd(r->store), path, vz_store_fd(r->store), "gone"), 0);
	f = verify(r);
	ck_assert_msg(f.n == 1 && f.v[0].missing && f.v[0].kind == kind && !strcmp(f.v[0].path, path), "%s", path);
	ck_assert_int_eq(renameat(vz_store_fd(r->store), "gone", vz_store_fd(r->store), path), 0);
}

START_TEST(test_references)
{
	auto_root struct root r = root_new();
	struct vz_composition c = make(&r);
	auto_free char *image = NULL, *plan = NULL;
	auto_findings struct vz_findings good = verify(&r);
	char hex[VZ_HEX_LEN + 1];

	ck_assert_uint_eq(good.n, 0);
	ck_assert_uint_eq(good.checked, 2);
	vz_digest_hex(&c.image, hex);
	image = vz_printf("images/%s.erofs", hex);
	vz_digest_hex(&c.plan, hex);
	plan = vz_printf("plans/%s", hex);
	check_missing(&r, image, VZ_FINDING_IMAGE);
	check_missing(&r, plan, VZ_FINDING_PLAN);
	check_missing(&r, "templates/t/1/manifest", VZ_FINDING_MANIFEST);
	/* another's record, and one that is not there, which nobody can tell from one that is being removed */
	ck_assert_int_eq(linkat(vz_store_fd(r.store), "envs/e/generations/1", vz_store_fd(r.store), "envs/e/generations/7", 0), 0);
	{
		auto_findings struct vz_findings f = verify(&r);

		ck_assert(f.n == 1 && strstr(f.v[0].why, "is generation 1 of environment 'e'"));
	}
}
END_TEST

UNIT_MAIN("env-verify", test_each_bit, test_references)
