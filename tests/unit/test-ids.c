/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/ids.h"

#include "tests/unit/unit.h"

#include "builder/content.h"
#include "store/ledger.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

static struct vz_err err;

/* "ubob=5 gadm=4": kinds, names, ids. */
static struct vz_ids read_ids(const char *text)
{
	struct vz_ids ids = {0};
	auto_free char *copy = vz_strdup(text);
	char *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '=');

		*equals = 0;
		vz_ids_put(&ids, *word == 'u' ? VZ_ID_USER : VZ_ID_GROUP, word + 1, (uint32_t)strtoul(equals + 1, NULL, 10));
	}
	return ids;
}

static char *ids_text(const struct vz_ids *ids)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < ids->n; i++)
		vz_buf_printf(&b, "%s%c%s=%u", i ? " " : "", ids->v[i].kind == VZ_ID_USER ? 'u' : 'g', ids->v[i].name, ids->v[i].id);
	return vz_buf_steal(&b);
}

static const struct { const char *what, *ledger, *have, *want; } choices[] = {
	{ "a first version changes nothing", "", "uroot=0 uwww=33 gwww=33", "" },
	{ "nor does one that agrees", "uroot=0 uwww=33", "uroot=0 uwww=33 uredis=101", "" },
	{ "a name that is known gets its id back", "uredis=101 gredis=102 unginx=102", "unginx=101 uredis=102 gredis=101",
	  "unginx=102 uredis=101 gredis=102" },
	{ "a new name does not get the id of one that is gone", "uredis=101", "unginx=101", "unginx=102" },
	{ "nor one that is used by whoever", "uredis=101 ux=102 uy=104", "unginx=101 uz=103", "unginx=105" },
	{ "a group moves with its user", "uredis=101", "unginx=101 gnginx=101", "unginx=102" },
	{ "if both have to", "uredis=101 gredis=101 gother=102", "unginx=101 gnginx=101", "unginx=103 gnginx=103" },
	{ "to one id", "uredis=101 gredis=101", "unginx=101 gnginx=101", "unginx=102 gnginx=102" },
	{ "ranges end", "ua=999", "ub=999", "ub=100" },
	{ "and begin", "ua=50", "ub=50", "ub=100" },
	{ "people's begin at 1000", "ubob=1000", "ujoe=1000", "ujoe=1001" },
	{ "root is root", "uroot=5 uadmin=0", "uroot=0 uadmin=7", "" },
	{ "an id of several names stays", "ua=5", "ub=5 uc=5", "" },
};

START_TEST(test_choose)
{
	auto_tree struct vz_tree *t = vz_tree_new();

	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
		auto_ids struct vz_ids ledger = read_ids(choices[i].ledger), have = read_ids(choices[i].have), ret = {0};
		auto_free char *text = NULL;

		vz_ids_choose(&ledger, &have, t, &ret);
		text = ids_text(&ret);
		ck_assert_msg(strcmp(text, choices[i].want) == 0, "%s: %s", choices[i].what, text);
	}
	/* nor one that is only a file's */
	vz_node_add(t->root, "f", S_IFREG)->uid = 102;
	{
		auto_ids struct vz_ids ledger = read_ids("ua=101"), have = read_ids("ub=101"), ret = {0};

		vz_ids_choose(&ledger, &have, t, &ret);
		ck_assert(ret.n == 1 && ret.v[0].id == 103);
	}
}
END_TEST

START_TEST(test_texts)
{
	static const char text[] = "root:x:0:0::/:/bin/sh\n# no:x:1\n+nis:x:2\nbob:x:5\nbob:x:6\nx:x:\ny:x:4294967295\nz:x:-1\n:x:3\nlast:x:7";
	auto_ids struct vz_ids ids = {0};
	auto_free char *have = NULL;

	vz_ids_of_text(VZ_ID_USER, text, sizeof text - 1, &ids);
	have = ids_text(&ids);
	ck_assert_str_eq(have, "ubob=5 ulast=7 uroot=0");
}
END_TEST

struct place {
	char *dir;
	struct vz_store *store;
};

static struct place place_new(void)
{
	struct place p = { .dir = scratch_new() };
	auto_free char *root = vz_printf("%s/store", p.dir);

	p.store = vz_store_open(root, VZ_STORE_CHANGE, &err);
	ck_assert_msg(p.store != NULL, "%s", err.msg);
	return p;
}

static void place_release(struct place *p)
{
	vz_store_close(p->store);
	scratch_free(&p->dir);
}
#define auto_place __attribute__((cleanup(place_release)))

#define PASSWD "root:x:0:0:root:/root:/bin/sh~nginx:x:101:102::/:/bin/sh~redis:x:102:103::/:/bin/sh~odd:x:0102:x~"
#define GROUP "root:x:0:~nginx:x:102:redis~redis:x:103:~"

static const uint8_t acl[] = {
	2, 0, 0, 0,  1, 0, 7, 0, 255, 255, 255, 255,  2, 0, 7, 0, 101, 0, 0, 0,  2, 0, 5, 0, 50, 0, 0, 0,
	8, 0, 5, 0, 103, 0, 0, 0,  16, 0, 7, 0, 255, 255, 255, 255,  32, 0, 0, 0, 255, 255, 255, 255,
};

START_TEST(test_map)
{
	auto_place struct place p = place_new();
	auto_tree struct vz_tree *t = trees_read("d /etc\nf /etc/passwd " PASSWD "\nf /etc/group " GROUP "\nf /n x\nf /r x\nh /link /r\nf /a x\n");
	auto_ids struct vz_ids changes = read_ids("unginx=102 uredis=101 gredis=5"), none = read_ids("ubob=7");
	struct vz_node *n = vz_tree_find(t, "/n"), *r = vz_tree_find(t, "/r"), *a = vz_tree_find(t, "/a");
	const struct vz_xattr *x;

	n->uid = 101;
	n->gid = 102;
	r->uid = 102;
	r->gid = 103;
	vz_node_set_xattr(a, "system.posix_acl_access", acl, sizeof acl);
	vz_node_set_xattr(a, "system.posix_acl_default", acl, sizeof acl - 3);
	vz_node_set_xattr(r, "system.posix_acl_access", "\1\0\0\0\2\0\7\0e\0\0\0", 12);
	must(vz_ids_map(p.store, t, &changes, &err));
	ck_assert(n->uid == 102 && n->gid == 102 && r->uid == 101 && r->gid == 5 && !t->root->uid);
	x = vz_node_xattr(a, "system.posix_acl_access");
	ck_assert(x->len == sizeof acl && (uint8_t)x->value[16] == 102 && (uint8_t)x->value[24] == 50 && (uint8_t)x->value[32] == 5);
	ck_assert(memcmp(x->value, acl, 16) == 0 && memcmp(x->value + 36, acl + 36, sizeof acl - 36) == 0);
	ck_assert_int_eq(vz_node_xattr(r, "system.posix_acl_access")->value[8], 'e');
	n = vz_tree_find(t, "/etc/passwd");
	ck_assert(n->has_digest);
	vz_node_set_content(n, "", 0);
	must_fail(vz_ids_map(p.store, t, &none, &err), VZ_FAILED, "the user 'bob' is to have the id 7, but");
}
END_TEST

static void check_content(const struct place *p, const struct vz_tree *t, const char *path, const char *want)
{
	auto_buf struct vz_buf text = {0};

	must(vz_content_read(p->store, t, path, &text, &err));
	ck_assert_str_eq(text.data, want);
}

START_TEST(test_files)
{
	auto_place struct place p = place_new();
	auto_tree struct vz_tree *t = trees_read("d /etc\nf /etc/passwd " PASSWD "\nf /etc/group " GROUP "\n");
	auto_ids struct vz_ids changes = read_ids("unginx=102 uredis=101 gredis=5");

	must(vz_ids_map(p.store, t, &changes, &err));
	check_content(&p, t, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnginx:x:102:102::/:/bin/sh\nredis:x:101:5::/:/bin/sh\nodd:x:101:x\n");
	check_content(&p, t, "/etc/group", "root:x:0:\nnginx:x:102:redis\nredis:x:5:\n");
}
END_TEST

/* Version after version, a ledger keeps what each brought. */
START_TEST(test_enter)
{
	static const struct { const char *passwd, *want, *ledger; } versions[] = {
		{ "root:x:0:~redis:x:101:~", "", "uredis=101 uroot=0" },
		{ "root:x:0:~nginx:x:101:~redis:x:102:~", "unginx=103 uredis=101", "unginx=103 uredis=101 uroot=0" },
		{ "root:x:0:~", "", "unginx=103 uredis=101 uroot=0" },
		{ "root:x:0:~web:x:103:~", "uweb=104", "unginx=103 uredis=101 uroot=0 uweb=104" },
	};
	auto_place struct place p = place_new();

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		auto_free char *text = vz_printf("d /etc\nf /etc/passwd %s\n", versions[i].passwd), *have = NULL, *kept = NULL;
		auto_tree struct vz_tree *t = trees_read(text);
		auto_ids struct vz_ids ids = {0}, ledger = {0};

		must(vz_ids_enter(p.store, "t", t, &ids, &err));
		have = ids_text(&ids);
		ck_assert_str_eq(have, versions[i].want);
		must(vz_ledger_read(p.store, "t", &ledger, &err));
		kept = ids_text(&ledger);
		ck_assert_str_eq(kept, versions[i].ledger);
	}
}
END_TEST

UNIT_MAIN("ids", test_choose, test_texts, test_map, test_files, test_enter)
