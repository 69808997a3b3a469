/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM's database in a merge: three databases, each written as "NAME-EVR NAME-EVR"; a package has the files
 * /usr/share/NAME/EVR and /usr/share/NAME/NAME, with its EVR in both.
 */
#include <rpm/rpmmacro.h>
#include <rpm/rpmts.h>
#include <string.h>

#include "builder/cell.h"
#include "builder/merge.h"
#include "builder/rpm_header.h"
#include "builder/rpmdb_outline.h"
#include "tests/unit/private.h"
#include "tests/unit/rpm.h"

#define DIR "/var/lib/rpm"
#define DATE 1700000000

static struct vz_err err;

struct setting {
	char *dir;
	struct vz_store *store;
	struct vz_tree *from, *upper, *to;
	bool ndb;
	struct vz_upper_plan plan;
};

static struct setting setting_new(bool ndb)
{
	struct setting s = { .dir = scratch_new(), .ndb = ndb };
	auto_free char *root = vz_printf("%s/store", s.dir);
	struct vz_tree **trees[] = { &s.from, &s.upper, &s.to };

	ck_assert_ptr_nonnull(s.store = vz_store_open(root, VZ_STORE_CHANGE, &err));
	for (size_t i = 0; i < 3; i++) {
		*trees[i] = vz_tree_new();
		vz_tree_make_dirs(*trees[i], "usr/share", 0755, 0);
		vz_tree_make_dirs(*trees[i], "usr/lib/rpm", 0755, 0);
		vz_tree_make_dirs(*trees[i], "var/lib/rpm", 0755, 0);
		if (ndb && i != 1)
			vz_node_set_content(vz_node_add(vz_tree_find(*trees[i], "/usr/lib/rpm"), "macros", S_IFREG | 0644),
					    "%_db_backend ndb\n", 17);
	}
	return s;
}

static void setting_release(struct setting *s)
{
	vz_upper_plan_release(&s->plan);
	vz_tree_free(s->from);
	vz_tree_free(s->upper);
	vz_tree_free(s->to);
	vz_store_close(s->store);
	scratch_free(&s->dir);
}
#define auto_setting __attribute__((cleanup(setting_release)))

static void put_text(struct vz_tree *t, const char *path, const char *text)
{
	auto_free char *dir = vz_strndup(path, (size_t)(strrchr(path, '/') - path));
	struct vz_node *n = vz_tree_find(t, path);

	vz_tree_make_dirs(t, dir + 1, 0755, 0);
	if (!n)
		n = vz_node_add(vz_tree_find(t, dir), strrchr(path, '/') + 1, S_IFREG | 0644);
	vz_node_set_content(n, text, strlen(text));
}

static Header header_of(const char *name, const char *evr)
{
	auto_free char *version = vz_strndup(evr, strcspn(evr, ":")), *own = vz_printf("/usr/share/%s/%s", name, evr),
		       *same = vz_printf("/usr/share/%s/%s", name, name);
	Header h = rpm_new(name, version, "1");

	rpm_file(h, own);
	rpm_file(h, same);
	return h;
}

static void add_entry(struct vz_rpmdb_entries *e, const char *name, const char *evr)
{
	auto_buf struct vz_buf member = {0};

	rpm_member(header_of(name, evr), &member);
	must(vz_rpm_installed(member.data, member.len, DATE, vz_rpmdb_entries_add(e), &err));
}

/* The database of these packages, and their files. */
static void put_packages(const struct setting *s, struct vz_tree *t, const char *packages)
{
	const struct vz_rpmdb_place place = { DIR, s->ndb ? VZ_RPMDB_NDB : VZ_RPMDB_SQLITE };
	auto_buf struct vz_buf db = {0};
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	auto_free char *copy = vz_strdup(packages);
	char *save = NULL;

	for (char *name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		char *evr = strchr(name, '-');
		auto_free char *own = NULL, *same = NULL;

		*evr++ = 0;
		own = vz_printf("/usr/share/%s/%s", name, evr);
		same = vz_printf("/usr/share/%s/%s", name, name);
		add_entry(&e, name, evr);
		put_text(t, own, evr);
		put_text(t, same, evr);
	}
	must(vz_rpmdb_form(place.kind, &e, DATE, &db, &err));
	must(vz_rpmdb_write(s->store, t, &place, &db, DATE, &err));
}

/* Objects' contents, for what is written as a real directory. */
static int inline_one(struct vz_node *n, void *ctx)
{
	const struct setting *s = ctx;
	auto_buf struct vz_buf b = {0};

	if (vz_node_is_file(n) && !n->link && n->has_digest) {
		must(vz_content_get(s->store, n, &b, &err));
		vz_node_set_content(n, b.data, b.len);
	}
	return 0;
}

static void plan(struct setting *s)
{
	auto_free char *area = vz_printf("%s/upper", s->dir);
	auto_fd int fd = -1;
	struct vz_merge_again again = {0};
	auto_ids struct vz_ids ids = {0};
	struct vz_merge m = { .store = s->store, .family = "rpm", .from = s->from, .to = s->to };

	vz_node_walk(s->upper->root, inline_one, s);
	must(vz_make_dirs(AT_FDCWD, area, 0755, &err));
	must(m.upper_fd = fd = vz_open_dir(AT_FDCWD, area, &err));
	private_write(fd, s->upper);
	must(vz_merge_plan(&m, &s->plan, &again, &ids, &err));
}

static const struct vz_upper_change *planned(const struct setting *s, const char *path)
{
	for (size_t i = 0; i < s->plan.n; i++)
		if (strcmp(s->plan.changes[i].path, path) == 0)
			return &s->plan.changes[i];
	return NULL;
}

/* "-": nothing is to change; else what the database is that is put there, or "drop". */
static char *outcome(const struct setting *s)
{
	const struct vz_upper_change *c = planned(s, s->ndb ? DIR "/Packages.db" : DIR "/rpmdb.sqlite");
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	auto_rpmdb_outline struct vz_rpmdb_outline o = {0};
	auto_buf struct vz_buf db = {0};
	struct vz_buf b = {0};

	if (!c || c->kind == VZ_UPPER_DROP)
		return vz_strdup(c ? "drop" : "-");
	ck_assert_int_eq(c->kind, VZ_UPPER_PUT);
	ck_assert_int_eq(c->why, VZ_UPPER_MERGED);
	must(vz_content_get(s->store, c->node, &db, &err));
	must(vz_rpmdb_parse(s->ndb ? VZ_RPMDB_NDB : VZ_RPMDB_SQLITE, &db, NULL, &e, &err));
	must(vz_rpmdb_outline_read(&e, &o, &err));
	for (size_t i = 0; i < o.n; i++) {
		ck_assert_ptr_nonnull(strstr(o.items[i].name, ".noarch"));
		vz_buf_printf(&b, "%s%.*s-%.*s", i ? " " : "", (int)(strlen(o.items[i].name) - 7), o.items[i].name,
			      (int)strcspn(o.items[i].evr, "-"), o.items[i].evr);
	}
	return vz_buf_steal(&b);
}

static const struct { const char *base, *theirs, *new, *outcome, *conflict; } cases[] = {
	/* both sides changed something: installed, removed, upgraded here */
	{ "a-1", "a-1 mine-1", "a-2 b-1", "a-2 b-1 mine-1", NULL },
	{ "a-1 b-1", "a-1", "a-2 b-1", "a-2", NULL },
	{ "a-1 b-1", "a-1 b-3", "a-2 b-1", "a-2 b-3", NULL },
	/* what the new composition removed, unless it was upgraded here */
	{ "a-1 b-1", "a-1 b-1 mine-1", "a-1", "a-1 mine-1", NULL },
	{ "a-1 b-1", "a-1 b-2", "a-1", "-", "package 'b.noarch' is 2-1 here, and stays; the new composition no longer has it" },
	/* both changed the same */
	{ "a-1 b-1", "a-1 b-2", "a-2 b-3", "a-2 b-2", "package 'b.noarch' is 2-1 here, and stays; the new composition has 3-1" },
	{ "a-1 b-1", "a-1", "a-2 b-2", "a-2", "package 'b.noarch' was removed here, and stays away; the new composition has 2-1" },
	{ "a-1", "a-1 b-1", "a-2 b-1", "drop", NULL },
	{ "a-1 b-1", "b-1 a-1", "a-2 b-1", "drop", NULL },
	/* nothing of the new composition's is to be seen */
	{ "a-1", "a-1 mine-1", "a-1 mine-2", "-", "package 'mine.noarch' is 1-1 here, and stays; the new composition has 2-1" },
	/* several instances; keys */
	{ "kernel-1", "kernel-1 kernel-2", "kernel-3", "kernel-3 kernel-2", NULL },
	{ "gpg-pubkey-1", "gpg-pubkey-1", "", "drop", NULL },
};

START_TEST(test_packages)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int ndb = 0; ndb <= (i < 2); ndb++) {
			auto_setting struct setting s = setting_new(ndb);
			auto_free char *is = NULL;

			put_packages(&s, s.from, cases[i].base);
			put_packages(&s, s.upper, cases[i].theirs);
			put_packages(&s, s.to, cases[i].new);
			if (ndb)
				put_text(s.upper, DIR "/Index.db", "an index");
			plan(&s);
			is = outcome(&s);
			ck_assert_msg(strcmp(is, cases[i].outcome) == 0, "case %zu: %s", i, is);
			ck_assert_msg(s.plan.n_conflicts == (cases[i].conflict ? 1 : 0), "case %zu: %zu conflicts", i, s.plan.n_conflicts);
			if (cases[i].conflict)
				ck_assert_str_eq(s.plan.conflicts[0].what, cases[i].conflict);
			/* an index is nothing without its database */
			ck_assert(!ndb || (planned(&s, DIR "/Index.db") != NULL) == (*is != '-'));
		}
}
END_TEST

/* A package is one side's with its files: those that only the other version has do not show, those of the old one do. */
START_TEST(test_files)
{
	auto_setting struct setting s = setting_new(false);
	const struct vz_upper_change *c;

	put_packages(&s, s.from, "a-1 b-1 c-1");
	put_packages(&s, s.upper, "a-1 b-2 c-1");
	put_packages(&s, s.to, "a-2 b-3 c-1");
	/* b and c share a file, which comes with c */
	put_text(s.from, "/usr/share/c/c", "old");
	vz_tree_remove(s.upper, vz_tree_find(s.upper, "/usr/share/c"));
	vz_tree_remove(s.upper, vz_tree_find(s.upper, "/usr/share/a"));
	plan(&s);
	ck_assert_ptr_nonnull(c = planned(&s, "/usr/share/b/3"));
	ck_assert_int_eq(c->kind, VZ_UPPER_HIDE);
	ck_assert_ptr_null(planned(&s, "/usr/share/b/b"));
	ck_assert_ptr_null(planned(&s, "/usr/share/b/2"));
	ck_assert_ptr_null(planned(&s, "/usr/share/c/c"));
	ck_assert_ptr_null(planned(&s, "/usr/share/a/2"));
	/* what sqlite keeps beside it is the composition's again */
	ck_assert_ptr_nonnull(c = planned(&s, DIR "/rpmdb.sqlite-wal"));
	ck_assert_int_eq(c->kind, VZ_UPPER_DROP);
}
END_TEST

/* Adds a package, and leaves it in the journal. */
struct journal {
	const struct vz_buf *db;
	const struct vz_buf *entry;
};

static int add_to_journal(void *arg, struct vz_buf *ret, struct vz_err *e)
{
	const struct journal *j = arg;
	Header h = headerImport(j->entry->data, (unsigned)j->entry->len, HEADERIMPORT_COPY);
	rpmtxn txn;
	rpmts ts;

	if (!h || vz_write_file(AT_FDCWD, "/rpmdb.sqlite", j->db->data, j->db->len, 0644, e) < 0)
		return -1;
	rpmFreeMacros(NULL);
	rpmPushMacro(NULL, "_dbpath", NULL, "/", RMIL_CMDLINE);
	rpmPushMacro(NULL, "_db_backend", NULL, "sqlite", RMIL_CMDLINE);
	rpmPushMacro(NULL, "_rpmlock_path", NULL, "/lock", RMIL_CMDLINE);
	ts = rpmtsCreate();
	if (rpmtsOpenDB(ts, O_RDWR) != 0 || !(txn = rpmtxnBegin(ts, RPMTXN_WRITE)) || rpmtsImportHeader(txn, h, 0) != RPMRC_OK)
		return vz_err_set(e, VZ_FAILED, "librpm");
	rpmtxnEnd(txn);
	return vz_read_file(AT_FDCWD, "/rpmdb.sqlite-wal", 1 << 20, ret, e);
}

START_TEST(test_journal)
{
	auto_setting struct setting s = setting_new(false);
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	auto_buf struct vz_buf db = {0}, wal = {0};
	auto_free char *is = NULL;
	struct vz_node *n;

	put_packages(&s, s.from, "a-1");
	put_packages(&s, s.upper, "a-1");
	put_packages(&s, s.to, "a-2");
	add_entry(&e, "mine", "1");
	must(vz_content_get(s.store, vz_tree_find(s.upper, DIR "/rpmdb.sqlite"), &db, &err));
	must(vz_cell_call(add_to_journal, &(struct journal){ &db, &e.items[0] }, &wal, &err));
	ck_assert_uint_gt(wal.len, 4096);
	ck_assert_ptr_nonnull(n = vz_tree_find(s.upper, DIR "/rpmdb.sqlite-wal"));
	vz_node_set_content(n, wal.data, wal.len);
	plan(&s);
	is = outcome(&s);
	ck_assert_str_eq(is, "a-2 mine-1");
	ck_assert_ptr_nonnull(planned(&s, DIR "/rpmdb.sqlite-wal"));
}
END_TEST

/* What is no database stays, and so does what is beside it. */
START_TEST(test_damaged)
{
	for (int i = 0; i < 2; i++) {
		auto_setting struct setting s = setting_new(i);
		auto_free char *is = NULL;

		put_packages(&s, s.from, "a-1");
		put_packages(&s, s.upper, "a-1");
		put_packages(&s, s.to, "a-2");
		put_text(s.upper, i ? DIR "/Packages.db" : DIR "/rpmdb.sqlite", "SQLite format 3, and then nothing of the kind");
		plan(&s);
		is = outcome(&s);
		ck_assert_str_eq(is, "-");
		ck_assert_uint_eq(s.plan.n_conflicts, 1);
		ck_assert_ptr_nonnull(strstr(s.plan.conflicts[0].what, "and stays as it is here"));
		ck_assert_ptr_null(planned(&s, DIR "/rpmdb.sqlite-wal"));
	}
}
END_TEST

/* Nobody installed anything: the composition's shows, and nothing may have come meanwhile. */
START_TEST(test_untouched)
{
	auto_setting struct setting s = setting_new(false);
	auto_free char *is = NULL;

	put_packages(&s, s.from, "a-1");
	put_packages(&s, s.to, "a-2");
	put_text(s.upper, DIR "/rpmdb.sqlite-shm", "used");
	plan(&s);
	is = outcome(&s);
	ck_assert_str_eq(is, "drop");
	ck_assert(!planned(&s, DIR "/rpmdb.sqlite")->seen.there);
	ck_assert(planned(&s, DIR "/rpmdb.sqlite-shm")->seen.there);
}
END_TEST

/* Who reads a hostile database can do nothing. */
static int look_around(void *arg, struct vz_buf *ret, struct vz_err *e)
{
	(void)arg;
	(void)e;
	vz_buf_printf(ret, "%d %d %d %d", (int)geteuid(), access("/etc", F_OK), fork(), chroot("/"));
	return 0;
}

START_TEST(test_cell)
{
	auto_buf struct vz_buf b = {0};

	must(vz_cell_call(look_around, NULL, &b, &err));
	vz_buf_putc(&b, 0);
	ck_assert_str_eq(b.data, "65534 -1 -1 -1");
}
END_TEST

UNIT_MAIN("merge-rpm", test_packages, test_files, test_journal, test_damaged, test_untouched, test_cell)
