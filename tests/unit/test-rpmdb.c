/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/alloc.h"
#include "builder/rpm_header.h"
#include "builder/rpmdb.h"
#include "tests/unit/rpm.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"
#include "tests/unit/unit.h"

__attribute__((constructor)) static void needs_root(void)
{
	if (geteuid() == 0)
		return;
	printf("needs root\n");
	exit(getenv("VZ_MUST_WORK") ? 1 : 77);
}

static void add_entry(struct vz_rpmdb_entries *e, const char *name, int64_t date)
{
	auto_buf struct vz_buf member = {0};
	struct vz_err err = {0};
	Header h = rpm_new(name, "1", "2");

	rpm_file(h, "/etc/one");
	rpm_file(h, "/usr/share/two");
	rpm_member(h, &member);
	must(vz_rpm_installed(member.data, member.len, date, vz_rpmdb_entries_add(e), &err));
}

static void check_entries(const struct vz_rpmdb_entries *a, const struct vz_rpmdb_entries *b)
{
	ck_assert_uint_eq(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		ck_assert_uint_eq(a->items[i].len, b->items[i].len);
		ck_assert_mem_eq(a->items[i].data, b->items[i].data, a->items[i].len);
	}
}

START_TEST(test_installed)
{
	auto_buf struct vz_buf member = {0}, one = {0}, two = {0};
	struct vz_err err = {0};
	auto_rpm_package struct vz_rpm_package *p = NULL;
	auto_free char *tags = NULL;
	Header h = rpm_new("vzt", "1", "2");

	headerPutUint32(h, RPMTAG_EPOCH, &(uint32_t){ 3 }, 1);
	headerPutString(h, RPMTAG_PREIN, "echo pre");
	headerPutStringArray(h, RPMTAG_PREINPROG, (const char *[]){ "/bin/sh", "-e" }, 2);
	headerPutString(h, RPMTAG_POSTIN, "print(1)");
	headerPutString(h, RPMTAG_POSTINPROG, "<lua>");
	headerPutUint32(h, RPMTAG_POSTINFLAGS, &(uint32_t){ 1 }, 1);
	headerPutString(h, RPMTAG_POSTTRANSPROG, "/sbin/ldconfig");
	headerPutString(h, RPMTAG_PROVIDENAME, "user(u)");
	headerPutString(h, RPMTAG_PROVIDEVERSION, "dSB1IDEyMyAiQSB1c2VyIiAvdmFyL2xpYi91IC0=");
	headerPutUint32(h, RPMTAG_PROVIDEFLAGS, &(uint32_t){ 8 }, 1);
	headerPutString(h, RPMTAG_TRIGGERNAME, "bash");
	headerPutString(h, RPMTAG_TRIGGERVERSION, "1.0-1");
	headerPutUint32(h, RPMTAG_TRIGGERFLAGS, &(uint32_t){ VZ_RPM_TRIGGERIN | 4 }, 1);
	headerPutUint32(h, RPMTAG_TRIGGERINDEX, &(uint32_t){ 0 }, 1);
	headerPutString(h, RPMTAG_TRIGGERSCRIPTS, "echo trigger");
	headerPutString(h, RPMTAG_TRIGGERSCRIPTPROG, "/bin/sh");
	rpm_file(h, "/usr/share/two");
	rpm_file(h, "/etc/one");
	rpm_member(h, &member);

	must(vz_rpm_installed(member.data, member.len, 1700000000, &one, &err));
	/* the same with the lead that stands before a package */
	vz_buf_add(&two, "\xed\xab\xee\xdb\3", 5);
	vz_buf_zero(&two, 91);
	two.data[79] = 5;
	vz_buf_add(&two, member.data, member.len);
	vz_buf_clear(&member);
	must(vz_rpm_installed(two.data, two.len, 1700000000, &member, &err));
	ck_assert_uint_eq(member.len, one.len);
	ck_assert_mem_eq(member.data, one.data, one.len);
	must_fail(vz_rpm_installed(two.data, 200, 1, &member, &err), VZ_DAMAGED, "cannot be read");

	ck_assert_ptr_nonnull(p = vz_rpm_package_read(one.data, one.len, &err));
	ck_assert_str_eq(p->name, "vzt");
	ck_assert_str_eq(p->evr, "3:1-2");
	ck_assert_uint_eq(p->n_files, 2);
	ck_assert_str_eq(p->files[0], "/etc/one");
	ck_assert_uint_eq(p->scripts[VZ_RPM_PRE].n_program, 2);
	ck_assert_str_eq(p->scripts[VZ_RPM_PRE].program[1], "-e");
	ck_assert_str_eq(p->scripts[VZ_RPM_POST].program[0], VZ_RPM_LUA);
	ck_assert(p->scripts[VZ_RPM_POST].expand && !p->scripts[VZ_RPM_POST].format);
	ck_assert_str_eq(p->scripts[VZ_RPM_POSTTRANS].program[0], "/sbin/ldconfig");
	ck_assert_ptr_null(p->scripts[VZ_RPM_POSTTRANS].body);
	ck_assert_ptr_null(p->scripts[VZ_RPM_PRETRANS].program);
	ck_assert_str_eq(p->sysusers, "u u 123 \"A user\" /var/lib/u -\n");
	ck_assert_uint_eq(p->triggers[VZ_RPM_TRIGGER].n_conditions, 1);
	ck_assert(vz_rpm_condition_holds(p->triggers[VZ_RPM_TRIGGER].conditions, "bash", "5.2-1"));
	ck_assert(!vz_rpm_condition_holds(p->triggers[VZ_RPM_TRIGGER].conditions, "bash", "0.9-1"));
	ck_assert(!vz_rpm_condition_holds(p->triggers[VZ_RPM_TRIGGER].conditions, "dash", "5.2-1"));
	tags = vz_rpm_format(one.data, one.len, "%{INSTALLTIME} %{INSTALLTID} [%{FILESTATES}]");
	ck_assert_str_eq(tags, "1700000000 1700000000 00");
}
END_TEST

START_TEST(test_bad_triggers)
{
	auto_buf struct vz_buf member = {0}, entry = {0};
	struct vz_err err = {0};
	Header h = rpm_new("vzt", "1", "2");

	headerPutString(h, RPMTAG_TRIGGERNAME, "bash");
	headerPutString(h, RPMTAG_TRIGGERVERSION, "");
	headerPutUint32(h, RPMTAG_TRIGGERFLAGS, &(uint32_t){ VZ_RPM_TRIGGERIN }, 1);
	headerPutUint32(h, RPMTAG_TRIGGERINDEX, &(uint32_t){ 1 }, 1);
	headerPutString(h, RPMTAG_TRIGGERSCRIPTS, "echo trigger");
	rpm_member(h, &member);
	must(vz_rpm_installed(member.data, member.len, 1, &entry, &err));
	ck_assert_ptr_null(vz_rpm_package_read(entry.data, entry.len, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "contradict"));
	ck_assert_ptr_null(vz_rpm_package_read("nonsense", 8, &err));
}
END_TEST

static void round_trip(int (*write)(const struct vz_rpmdb_entries *, struct vz_buf *, struct vz_err *),
		       int (*read)(const struct vz_buf *, struct vz_rpmdb_entries *, struct vz_err *), size_t n)
{
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0}, got = {0};
	auto_buf struct vz_buf one = {0}, two = {0};
	struct vz_err err = {0};

	for (size_t i = 0; i < n; i++) {
		auto_free char *name = vz_printf("p%zu", i);

		add_entry(&e, name, 1700000000);
	}
	must(write(&e, &one, &err));
	sleep(1);                /* into another second: no time of now may be in it */
	must(write(&e, &two, &err));
	ck_assert_uint_eq(one.len, two.len);
	ck_assert_mem_eq(one.data, two.data, one.len);
	must(read(&one, &got, &err));
	check_entries(&e, &got);
}

static int sqlite_read(const struct vz_buf *db, struct vz_rpmdb_entries *ret, struct vz_err *err)
{
	return vz_rpmdb_sqlite_read(db, NULL, ret, err);
}

static int ndb_write(const struct vz_rpmdb_entries *e, struct vz_buf *ret, struct vz_err *err)
{
	return vz_rpmdb_ndb_write(e, 1700000000, ret, err);
}

START_TEST(test_sqlite)
{
	round_trip(vz_rpmdb_sqlite_write, sqlite_read, 0);
	round_trip(vz_rpmdb_sqlite_write, sqlite_read, 40);
}
END_TEST

START_TEST(test_ndb)
{
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0}, got = {0};
	auto_buf struct vz_buf db = {0};
	struct vz_err err = {0};

	round_trip(ndb_write, vz_rpmdb_ndb_read, 0);
	round_trip(ndb_write, vz_rpmdb_ndb_read, 254);
	round_trip(ndb_write, vz_rpmdb_ndb_read, 600);
	add_entry(&e, "x", 1);
	must(ndb_write(&e, &db, &err));
	/* what rpm wants: its first slot behind 32 bytes, blobs on whole blocks behind the page */
	ck_assert_mem_eq(db.data, "RpmP\0\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0", 20);
	ck_assert_mem_eq(db.data + 32, "Slot\1\0\0\0\0\1\0\0", 12);
	ck_assert_mem_eq(db.data + 4096, "BlbS\1\0\0\0", 8);
	ck_assert_uint_eq(db.len % 16, 0);
	ck_assert_mem_eq(db.data + db.len - 4, "BlbE", 4);
	for (size_t at = 0; at < db.len; at += at < 64 || at > 4090 ? 1 : 61) {
		auto_rpmdb_entries struct vz_rpmdb_entries bad = {0};

		db.data[at] ^= 0x41;
		if (vz_rpmdb_ndb_read(&db, &bad, &err) == 0 && bad.n)
			check_entries(&e, &bad);
		db.data[at] ^= 0x41;
	}
	for (size_t len = 0; len < db.len; len += 97) {
		const struct vz_buf cut = { db.data, len, len };

		must_fail(vz_rpmdb_ndb_read(&cut, &got, &err), VZ_DAMAGED, "damaged");
	}
}
END_TEST

/* Three packages and two more: once at a time or all at once, the same is in there. */
static void check_growth(enum vz_rpmdb_kind kind, enum vz_rpmdb_kind to)
{
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0}, all = {0}, got = {0};
	struct vz_rpmdb_growth g = { .kind = kind, .to = to, .date = 1700000000 };
	auto_buf struct vz_buf db = {0}, again = {0};
	struct vz_err err = {0};

	for (size_t i = 0; i < 5; i++) {
		auto_free char *name = vz_printf("p%zu", i);

		add_entry(&all, name, 1700000000);
		if (i == 3)
			must(vz_rpmdb_form(kind, &e, 1700000000, &g.from, &err));
		if (i == 3)
			vz_rpmdb_entries_release(&e);
		add_entry(&e, name, 1700000000);
	}
	must(vz_rpmdb_grow(&g, &e, &db, &err));
	check_entries(&all, &e);
	must(vz_rpmdb_parse(to, &db, NULL, &got, &err));
	check_entries(&all, &got);
	vz_rpmdb_entries_release(&e);
	add_entry(&e, "p3", 1700000000);
	add_entry(&e, "p4", 1700000000);
	must(vz_rpmdb_grow(&g, &e, &again, &err));
	ck_assert_uint_eq(db.len, again.len);
	ck_assert_mem_eq(db.data, again.data, db.len);
	vz_buf_release(&g.from);
}

START_TEST(test_growth)
{
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	struct vz_rpmdb_growth g = { .from = { (char *)"no database", 11, 12 } };
	auto_buf struct vz_buf db = {0};
	struct vz_err err = {0};

	check_growth(VZ_RPMDB_SQLITE, VZ_RPMDB_SQLITE);
	check_growth(VZ_RPMDB_NDB, VZ_RPMDB_NDB);
	check_growth(VZ_RPMDB_SQLITE, VZ_RPMDB_NDB);
	check_growth(VZ_RPMDB_NDB, VZ_RPMDB_SQLITE);
	add_entry(&e, "one", 1);
	must_fail(vz_rpmdb_grow(&g, &e, &db, &err), VZ_FAILED, "open the package database");
	ck_assert_uint_eq(db.len, 0);
	ck_assert_uint_eq(e.n, 1);
	g.from.len = 0;
	must(vz_rpmdb_grow(&g, &e, &db, &err));
	ck_assert_uint_gt(db.len, 4096);
}
END_TEST

static void check_macro(const char *text, const char *want)
{
	auto_free char *got = vz_rpmdb_macro(text, strlen(text), "_dbpath");

	ck_assert_pstr_eq(got, want);
}

START_TEST(test_macro)
{
	check_macro("%_dbpath\t\t%{_var}/lib/rpm\n", "/var/lib/rpm");
	check_macro("# %_dbpath /x\n  %_dbpath  %{_usr}/lib/sysimage/rpm  \n%_dbpathx /y", "/usr/lib/sysimage/rpm");
	check_macro("%_dbpath /a\n%_dbpath /b", "/b");
	check_macro("%_dbpath %_var/lib", "/var/lib");
	check_macro("%_dbpath %_various/lib", NULL);
	check_macro("%_dbpath %(bash -c 'echo ~/.rpmdb')\n", NULL);
	check_macro("%_dbpath %{lua:os.exit()}\n", NULL);
	check_macro("%_dbpath", NULL);
	check_macro("", NULL);
}
END_TEST

START_TEST(test_find)
{
	static const struct { const char *tree, *dir; int kind; } cases[] = {
		{ "d /usr\n", "/var/lib/rpm", VZ_RPMDB_SQLITE },
		{ "d /usr\nd /usr/lib\nd /usr/lib/sysimage\nd /usr/lib/sysimage/rpm\n", "/usr/lib/sysimage/rpm",
		  VZ_RPMDB_SQLITE },
		{ "d /usr\nd /usr/lib\nd /usr/lib/rpm\nf /usr/lib/rpm/macros %_dbpath /db~%_db_backend ndb~\n", "/db",
		  VZ_RPMDB_NDB },
		{ "d /usr\nd /usr/lib\nd /usr/lib/rpm\nf /usr/lib/rpm/macros %_dbpath /db~%_db_backend ndb~\n"
		  "d /etc\nd /etc/rpm\nf /etc/rpm/macros.x %_db_backend  sqlite~\n", "/db", VZ_RPMDB_SQLITE },
		{ "d /usr\nd /usr/lib\nd /usr/lib/rpm\nf /usr/lib/rpm/macros %_dbpath /a/../..~\n", "/var/lib/rpm",
		  VZ_RPMDB_SQLITE },
		{ "d /usr\nd /usr/lib\nd /usr/lib/rpm\nf /usr/lib/rpm/macros %_db_backend bdb~\n", NULL, 0 },
	};
	auto_scratch char *dir = scratch_new();
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_ptr_nonnull(s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_tree struct vz_tree *t = trees_read(cases[i].tree);
		struct vz_rpmdb_place place = {0};

		if (!cases[i].dir) {
			must_fail(vz_rpmdb_find(s, t, &place, &err), VZ_FAILED, "'bdb'");
			continue;
		}
		must(vz_rpmdb_find(s, t, &place, &err));
		ck_assert_str_eq(place.dir, cases[i].dir);
		ck_assert_int_eq(place.kind, cases[i].kind);
	}
}
END_TEST

START_TEST(test_in_tree)
{
	auto_scratch char *dir = scratch_new();
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);
	auto_tree struct vz_tree *t = trees_read("d /var\n");
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0}, got = {0};
	struct vz_rpmdb_place place = { .dir = "/var/lib/rpm" };
	auto_buf struct vz_buf db = {0};

	must(vz_rpmdb_read(s, t, &place, &got, &err));
	ck_assert_uint_eq(got.n, 0);
	add_entry(&e, "a", 1);
	add_entry(&e, "b", 1);
	must(vz_rpmdb_form(place.kind, &e, 1700000000, &db, &err));
	must(vz_rpmdb_write(s, t, &place, &db, 1700000000, &err));
	must(vz_rpmdb_read(s, t, &place, &got, &err));
	check_entries(&e, &got);
	ck_assert_ptr_nonnull(vz_tree_find(t, "/var/lib/rpm/rpmdb.sqlite-wal"));
	must(vz_content_set(s, vz_tree_find(t, "/var/lib/rpm/rpmdb.sqlite-shm"), "used", 4, &err));
	vz_node_add(vz_tree_find(t, "/var/lib/rpm"), ".rpm.lock", S_IFREG | 0644);
	must(vz_rpmdb_settle(s, t, &place, &err));
	ck_assert_uint_eq(vz_tree_find(t, "/var/lib/rpm/rpmdb.sqlite-shm")->size, 0);
	ck_assert_ptr_null(vz_tree_find(t, "/var/lib/rpm/.rpm.lock"));
}
END_TEST

UNIT_MAIN("rpmdb", test_installed, test_bad_triggers, test_sqlite, test_ndb, test_growth, test_macro, test_find,
	  test_in_tree)
