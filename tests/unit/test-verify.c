/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/keep.h"

#include <sys/stat.h>

#include "store/ledger.h"
#include "store/manifest.h"
#include "store/outcome.h"
#include "store/plans.h"
#include "store/reference.h"
#include "store/verdict.h"
#include "store/verify.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A store with one of everything: version 2 of a template (1 was removed), and what is behind it. */
static struct vz_digest fill(struct keep *k)
{
	auto_tree struct vz_tree *t = keep_tree(k, "ab");
	auto_free char *record = keep_record(k, '1', "ac");
	struct vz_manifest m = {
		.name = (char *)"t", .kind = (char *)"os", .arch = (char *)"x86_64", .family = (char *)"deb", .lock = (char *)"the lock\n",
		.recipe = (char *)"[template]\n", .image = keep_image(k, "ab"),
	};
	const struct vz_outcome outcome = { .image = m.image };
	const struct vz_verdict verdict = {
		.image = m.image, .template = (char *)"t@2", .env = (char *)"e", .check = (char *)"true", .words = (char *)"no", .since = 1,
	};
	auto_ids struct vz_ids ids = {0};
	struct vz_digest plan;
	struct vz_err err = {0};

	vz_ids_put(&ids, VZ_ID_USER, "root", 0);
	vz_ids_put(&ids, VZ_ID_GROUP, "adm", 4);
	must(vz_ledger_write(k->store, "t", &ids, &err));
	must(vz_verdict_write(k->store, &verdict, &err));
	must(vz_manifest_publish(k->store, &m, t, "", &err));
	must(vz_manifest_publish(k->store, &m, t, "", &err));
	must(vz_manifest_remove(k->store, "t", 1, &err));
	must(vz_reference_write(k->store, "t", VZ_REFERENCE_LAST, 1, &err));
	must(vz_outcome_write(k->store, KEY, &outcome, &err));
	must(vz_plans_put(k->store, "the plan\n", 9, &plan, &err));
	return m.image;
}

static struct vz_findings verify(const struct keep *k, bool quick)
{
	struct vz_findings f;
	struct vz_err err = {0};

	vz_findings_init(&f);
	{
		auto_verify struct vz_verify v = { .store = k->store, .quick = quick, .findings = &f };

		must(vz_verify_run(&v, &err));
	}
	vz_findings_sort(&f);
	return f;
}

static const struct vz_finding *find(const struct vz_findings *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->v[i].path, path))
			return &f->v[i];
	return NULL;
}

static void check_good(const struct keep *k)
{
	for (int quick = 0; quick < 2; quick++) {
		auto_findings struct vz_findings f = verify(k, quick);

		ck_assert_msg(!f.n, "%s: %s", f.v[0].path, f.v[0].why);
		ck_assert_uint_ge(f.checked, 10);
	}
}

/* A plain file in place of one that may be sealed, open for change. */
static int open_copy(const struct keep *k, const char *path, struct vz_buf *ret)
{
	struct vz_err err = {0};
	int fd;

	must(vz_read_file(vz_store_fd(k->store), path, 1 << 20, ret, &err));
	must(vz_write_file(vz_store_fd(k->store), path, ret->data, ret->len, 0644, &err));
	must(fd = vz_open(vz_store_fd(k->store), path, O_RDWR, 0, &err));
	return fd;
}

/* Flips every bit of a file. */
static unsigned flip(const struct keep *k, enum vz_finding_kind kind, const char *path)
{
	auto_buf struct vz_buf text = {0};
	auto_fd int fd = open_copy(k, path, &text);
	unsigned n = 0;

	for (size_t bit = 0; bit < text.len * 8; bit++, n++) {
		const char was = text.data[bit / 8], is = (char)(was ^ 1 << bit % 8);
		struct vz_err err = {0};

		ck_assert_int_eq(pwrite(fd, &is, 1, (off_t)(bit / 8)), 1);
		ck_assert_msg(vz_verify_path(k->store, kind, path, &err) < 0, "%s: bit %zu is missed", path, bit);
		if (n % 1009 == 0) {
			auto_findings struct vz_findings f = verify(k, false);
			const struct vz_finding *found = find(&f, path);

			ck_assert_msg(found && !found->missing && found->kind == kind, "%s: bit %zu is not found", path, bit);
		}
		ck_assert_int_eq(pwrite(fd, &was, 1, (off_t)(bit / 8)), 1);
	}
	ck_assert_int_eq(vz_verify_path(k->store, kind, path, &(struct vz_err){0}), 0);
	return n;
}

/* Calls `flip` for all files of `dir`. */
static unsigned flip_all(const struct keep *k, enum vz_finding_kind kind, const char *dir)
{
	auto_texts struct vz_texts names = {0};
	struct vz_err err = {0};
	unsigned n = 0;

	must(vz_list_dir(vz_store_fd(k->store), dir, &names, &err));
	for (size_t i = 0; i < names.n; i++) {
		auto_free char *path = vz_printf("%s/%s", dir, names.v[i]);
		unsigned flips = flip(k, kind, path);

		ck_assert_uint_gt(flips, 0);
		n += flips;
	}
	return n;
}

START_TEST(test_each_bit)
{
	auto_keep struct keep k = keep_new();
	auto_texts struct vz_texts dirs = {0};
	struct vz_err err = {0};
	unsigned n = 0;

	fill(&k);
	check_good(&k);
	n += flip(&k, VZ_FINDING_REFERENCE, "templates/t/current");
	n += flip(&k, VZ_FINDING_REFERENCE, "templates/t/last");
	n += flip(&k, VZ_FINDING_MANIFEST, "templates/t/2/manifest");
	n += flip(&k, VZ_FINDING_LOCK, "templates/t/2/lock");
	n += flip(&k, VZ_FINDING_TREE, "templates/t/2/tree");
	n += flip_all(&k, VZ_FINDING_IMAGE, "images");
	n += flip_all(&k, VZ_FINDING_RECORD, "packages");
	n += flip_all(&k, VZ_FINDING_OUTCOME, "compositions");
	n += flip_all(&k, VZ_FINDING_PLAN, "plans");
	n += flip_all(&k, VZ_FINDING_VERDICT, "verdicts");
	n += flip(&k, VZ_FINDING_LEDGER, "templates/t/ids");
	must(vz_list_dir(vz_store_objects_fd(k.store), ".", &dirs, &err));
	for (size_t i = 0; i < dirs.n; i++) {
		auto_free char *dir = vz_printf("objects/%s", dirs.v[i]);

		n += flip_all(&k, VZ_FINDING_OBJECT, dir);
	}
	printf("%u flips\n", n);
	check_good(&k);
}
END_TEST

/* Each file taken away, cut short, made longer, or another in its place. */
START_TEST(test_gone)
{
	static const struct { const char *path; enum vz_finding_kind kind; } files[] = {
		{ "templates/t/2/manifest", VZ_FINDING_MANIFEST }, { "templates/t/2/lock", VZ_FINDING_LOCK },
		{ "templates/t/2/tree", VZ_FINDING_TREE },
	};
	auto_keep struct keep k = keep_new();
	struct vz_err err = {0};

	fill(&k);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *path = files[i].path;
		auto_buf struct vz_buf text = {0};
		auto_fd int fd = open_copy(&k, path, &text);

		for (int how = 0; how < 3; how++) {
			auto_findings struct vz_findings f;
			const struct vz_finding *found;

			if (how == 0)
				ck_assert_int_eq(unlinkat(vz_store_fd(k.store), path, 0), 0);
			else
				must(vz_write_file(vz_store_fd(k.store), path, text.data, text.len - (how == 1), 0600, &err));
			if (how == 2)
				must(vz_write_file(vz_store_fd(k.store), path, "another", 7, 0600, &err));
			f = verify(&k, how == 1);
			found = find(&f, path);
			ck_assert_msg(found && found->kind == files[i].kind && found->missing == (how == 0), "%s, %d", path, how);
		}
		must(vz_write_file(vz_store_fd(k.store), path, text.data, text.len, 0600, &err));
	}
	check_good(&k);
}
END_TEST

/* Objects and images that are needed and not there; and a size that only a look at the file shows, also a quick one. */
START_TEST(test_missing)
{
	auto_keep struct keep k = keep_new();
	struct vz_digest image = fill(&k), a = keep_object(&k, 'a'), c = keep_object(&k, 'c');
	auto_free char *image_path = NULL;
	char hex[VZ_HEX_LEN + 1], path[8 + VZ_HEX_LEN + 2] = "objects/";
	struct vz_err err = {0};

	vz_object_path(&a, path + 8);
	ck_assert_int_eq(unlinkat(vz_store_fd(k.store), path, 0), 0);
	{
		auto_findings struct vz_findings f = verify(&k, false), quick = verify(&k, true);

		ck_assert(f.n == 1 && quick.n == 1);
		ck_assert_str_eq(f.v[0].path, path);
		ck_assert(f.v[0].missing && f.v[0].kind == VZ_FINDING_OBJECT);
	}
	must(vz_write_file(vz_store_fd(k.store), path, "short", 5, 0644, &err));
	{
		auto_findings struct vz_findings f = verify(&k, true);

		ck_assert(f.n == 1 && !f.v[0].missing && strstr(f.v[0].why, "has 5 bytes, not 200"));
	}
	ck_assert_int_eq(unlinkat(vz_store_fd(k.store), path, 0), 0);
	keep_object(&k, 'a');
	/* what only a record needs */
	vz_object_path(&c, path + 8);
	ck_assert_int_eq(unlinkat(vz_store_fd(k.store), path, 0), 0);
	{
		auto_findings struct vz_findings f = verify(&k, false);

		ck_assert(f.n == 1 && f.v[0].missing && !strcmp(f.v[0].path, path));
	}
	keep_object(&k, 'c');

	vz_digest_hex(&image, hex);
	image_path = vz_printf("images/%s.erofs", hex);
	ck_assert_int_eq(unlinkat(vz_store_fd(k.store), image_path, 0), 0);
	{
		auto_findings struct vz_findings f = verify(&k, true);

		/* the composition that names it, and the image itself */
		ck_assert_uint_eq(f.n, 2);
		ck_assert(f.v[0].kind == VZ_FINDING_OUTCOME && f.v[1].missing && !strcmp(f.v[1].path, image_path));
	}
	keep_image(&k, "ab");
	check_good(&k);
}
END_TEST

START_TEST(test_strange)
{
	static const char *const paths[] = { "objects/ab/xyz", "objects/ab/link", "images/x.erofs", "packages/README", "plans/x", "compositions/x" };
	auto_keep struct keep k = keep_new();
	struct vz_err err = {0};

	fill(&k);
	must(vz_make_dirs(vz_store_fd(k.store), "objects/ab", 0700, &err));
	/* what is being written is nobody's business */
	must(vz_write_file(vz_store_fd(k.store), "plans/x.tmp.1.2", "x", 1, 0600, &err));
	check_good(&k);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		auto_findings struct vz_findings f;

		if (i == 1)
			ck_assert_int_eq(symlinkat("/etc/passwd", vz_store_fd(k.store), paths[i]), 0);
		else
			must(vz_write_file(vz_store_fd(k.store), paths[i], "x", 1, 0600, &err));
		f = verify(&k, false);
		ck_assert_msg(f.n == 1 && find(&f, paths[i]), "%s", paths[i]);
		ck_assert_int_eq(unlinkat(vz_store_fd(k.store), paths[i], 0), 0);
	}
}
END_TEST

/* A current version that is not there; one that is no version any more. */
START_TEST(test_references)
{
	auto_keep struct keep k = keep_new();
	struct vz_err err = {0};

	fill(&k);
	must(vz_reference_write(k.store, "t", VZ_REFERENCE_CURRENT, 1, &err));
	{
		auto_findings struct vz_findings f = verify(&k, true);

		ck_assert(f.n == 1 && !strcmp(f.v[0].path, "templates/t/current") && strstr(f.v[0].why, "version 1"));
	}
	must(vz_reference_write(k.store, "t", VZ_REFERENCE_CURRENT, 2, &err));
	check_good(&k);
}
END_TEST

UNIT_MAIN("verify", test_each_bit, test_gone, test_missing, test_strange, test_references)
