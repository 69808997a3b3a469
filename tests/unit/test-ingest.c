/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/proc.h"
#include "store/dump.h"
#include "store/ingest.h"
#include "store/object.h"
#include "tests/unit/debfile.h"
#include "tests/unit/scratch.h"

#define KEY "00000000000000000000000000000000000000000000000000000000000000aa"

static struct vz_store *new_store(const char *dir)
{
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static int bytes_fd(const struct vz_buf *b)
{
	int fd = memfd_create("deb", MFD_CLOEXEC);

	ck_assert_int_eq(write(fd, b->data, b->len), b->len);
	return fd;
}

static int ingest_bytes(struct vz_store *s, const struct vz_buf *deb, struct vz_ingest_result *ret, struct vz_err *err)
{
	auto_fd int fd = bytes_fd(deb);

	return vz_ingest(s, "deb", fd, KEY, ret, err);
}

/* The ar around: members in this order, "-" ends. */
START_TEST(test_bad_ar)
{
	static const struct {
		const char *text, *members[6];
	} cases[] = {
		{ "first member", { "control.tar", "data.tar" } },
		{ "first member", { "control.tar", "debian-binary", "data.tar" } },
		{ "no member 'control.tar'", { "debian-binary" } },
		{ "no member 'data.tar'", { "debian-binary", "control.tar" } },
		{ "out of place", { "debian-binary", "data.tar", "control.tar" } },
		{ "out of place", { "debian-binary", "control.tar", "control.tar.gz", "data.tar" } },
		{ "out of place", { "debian-binary", "control.tar", "data.tar", "data.tar.xz" } },
		{ "unknown member 'evil'", { "debian-binary", "evil", "control.tar", "data.tar" } },
		{ "unknown compression", { "debian-binary", "control.tar.Z", "data.tar" } },
		{ NULL, { "debian-binary", "_gpg", "control.tar", "_x", "data.tar", "more" } },
	};
	static const struct item none[MAX_ITEMS] = { { .type = '5', .name = "./" } };
	static const struct item control[MAX_ITEMS] = { { .name = "./control", .data = CONTROL } };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf c = {0}, d = {0};

	add_items(&c, control);
	tar_end(&c);
	add_items(&d, none);
	tar_end(&d);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_buf struct vz_buf deb = {0};
		struct vz_ingest_result r;
		struct vz_err err = {0};

		for (int n = 0; n < 6 && cases[i].members[n]; n++) {
			const char *m = cases[i].members[n];
			const struct vz_buf *tar = m[0] == 'c' ? &c : &d;

			if (m[0] == 'd' && m[1] == 'e')
				ar_add(&deb, m, "2.0\n", 4);
			else
				ar_add(&deb, m, tar->data, tar->len);
		}
		if (cases[i].text)
			must_fail(ingest_bytes(s, &deb, &r, &err), VZ_FAILED, cases[i].text);
		else
			must(ingest_bytes(s, &deb, &r, &err));
	}
}
END_TEST

/* Cut at each place, no prefix of a package is a package. */
START_TEST(test_cut)
{
	static const struct deb_spec spec = { .data = { { .name = "f", .data = "content" } } };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf deb = {0};
	struct vz_ingest_result r;
	struct vz_err err = {0};
	size_t whole;

	deb_spec_make(&spec, &deb);
	whole = deb.len;
	for (deb.len = 0; deb.len < whole; deb.len += deb.len < 200 ? 1 : 37)
		must_fail(ingest_bytes(s, &deb, &r, &err), VZ_FAILED, "");
	deb.len = whole;
	must(ingest_bytes(s, &deb, &r, &err));
	must_fail(vz_ingest(s, "tgz", 0, KEY, &r, &err), VZ_FAILED, "family 'tgz'");
}
END_TEST

static struct vz_node *find(const struct vz_record *r, const char *path)
{
	struct vz_node *n = vz_tree_find(r->tree, path);

	ck_assert_msg(n != NULL, "'%s' is not in the tree", path);
	return n;
}

static void check_file(const struct vz_record *r, const char *path, unsigned mode, const char *content)
{
	struct vz_node *n = find(r, path);

	ck_assert_uint_eq(n->mode, S_IFREG | mode);
	ck_assert_uint_eq(n->size, strlen(content));
	if (n->size <= VZ_INLINE_MAX)
		ck_assert_msg(!n->size || !memcmp(n->content, content, n->size), "'%s': '%.64s'", path, n->content);
}

START_TEST(test_good)
{
	static const struct deb_spec spec = { .control = {
		{ .type = '5', .name = "./" },
		{ .name = "./control", .data = CONTROL "Multi-Arch: same\n" },
		{ .name = "./conffiles", .data = "/etc/x.conf  \nremove-on-upgrade /etc/old\n/etc/not-there\n" },
		{ .name = "./postinst", .data = "#!/bin/sh\n", .mode = 0600, .mtime = "777" },
	}, .data = {
		{ .type = '5', .name = "./", .mode = 0711, .mtime = "200" },
		{ .name = "./etc/x.conf", .data = "a=1\n", .mode = 04711, .uid = 3, .gid = 4, .mtime = "300" },
		{ .type = '1', .name = "./etc/same", .link = "./etc/x.conf" },
		{ .type = '5', .name = "./etc/", .mode = 02755, .mtime = "150" },
		{ .type = '3', .name = "./null", .major = 1, .minor = 3 },
	} };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_record struct vz_record *r = NULL;
	auto_buf struct vz_buf deb = {0};
	struct vz_ingest_result result;
	struct vz_err err = {0};

	deb_spec_make(&spec, &deb);
	must(ingest_bytes(s, &deb, &result, &err));
	r = vz_record_read(s, KEY, &err);
	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_str_eq(r->family, "deb");
	ck_assert_uint_eq(r->size, deb.len);
	ck_assert_uint_eq(result.files, 12);

	ck_assert_uint_eq(r->tree->root->mode, S_IFDIR | 0711);
	ck_assert_int_eq(r->tree->root->mtime, 0200);
	ck_assert_uint_eq(find(r, "/etc")->mode, S_IFDIR | 02755);
	ck_assert_uint_eq(find(r, "/null")->rdev, 0x103);
	ck_assert_ptr_eq(vz_node_inode(find(r, "/etc/same")), vz_node_inode(find(r, "/etc/x.conf")));
	ck_assert_uint_eq(vz_node_inode(find(r, "/etc/same"))->uid, 3);
	ck_assert_uint_eq(vz_node_inode(find(r, "/etc/same"))->mode, S_IFREG | 04711);
	check_file(r, "/var/lib/dpkg/info/tst:amd64.list", 0644, "/.\n/etc/x.conf\n/etc/same\n/etc\n/null\n");
	check_file(r, "/var/lib/dpkg/info/tst:amd64.postinst", 0755, "#!/bin/sh\n");
	ck_assert_int_eq(find(r, "/var/lib/dpkg/info/tst:amd64.postinst")->mtime, 0777);
	ck_assert_int_eq(find(r, "/var/lib/dpkg/info/tst:amd64.list")->mtime, 0777);
	ck_assert_ptr_null(vz_tree_find(r->tree, "/var/lib/dpkg/info/tst:amd64.control"));
	ck_assert_uint_eq(find(r, "/var/lib/dpkg/info/tst:amd64.md5sums")->size, 88);
	ck_assert_uint_eq(find(r, "/var/lib/dpkg/info")->mode, S_IFDIR | 0755);

	ck_assert_str_eq(vz_record_member(r, "conffile-md5")->data,
			 "/etc/x.conf d5e29449b9e66d5b4bb0d6ce48fbbcb1\n/etc/old newconffile remove-on-upgrade\n");
	ck_assert_str_eq(vz_record_member(r, "postinst")->data, "#!/bin/sh\n");
	ck_assert_ptr_nonnull(vz_record_member(r, "control"));
	ck_assert_ptr_null(vz_record_member(r, "preinst"));

	must(ingest_bytes(s, &deb, &result, &err));
	ck_assert_uint_eq(result.files, 0);
}
END_TEST

START_TEST(test_bomb)
{
	static const struct item control[MAX_ITEMS] = { { .name = "./control", .data = CONTROL } };
	auto_scratch char *dir = scratch_new();
	auto_free char *script = vz_printf("cd '%s' && head -c 600000000 /dev/zero >z && tar -cf - z | xz -0 >data.tar.xz", dir);
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1 };
	auto_free char *root = vz_printf("%s/root", dir), *path = vz_printf("%s/data.tar.xz", dir);
	auto_store struct vz_store *s = new_store(root);
	auto_buf struct vz_buf deb = {0}, c = {0}, d = {0};
	struct vz_ingest_result r;
	struct vz_err err = {0};
	int status;

	must(vz_proc_run(&p, &status, NULL, NULL, &err));
	ck_assert_int_eq(status, 0);
	add_items(&c, control);
	tar_end(&c);
	must(vz_read_file(AT_FDCWD, path, 10 << 20, &d, &err));
	ar_add(&deb, "debian-binary", "2.0\n", 4);
	ar_add(&deb, "control.tar", c.data, c.len);
	ar_add(&deb, "data.tar.xz", d.data, d.len);
	must_fail(ingest_bytes(s, &deb, &r, &err), VZ_FAILED, "unpacks to more than ");
}
END_TEST

static void run_sh(const char *dir, const char *script)
{
	const char *const argv[] = { "sh", "-ec", script, "sh", dir, NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1 };
	auto_buf struct vz_buf out = {0};
	struct vz_err err = {0};
	int status;

	must(vz_proc_run(&p, &status, &out, &out, &err));
	ck_assert_msg(status == 0, "%s", out.data);
}

/* A package that dpkg-deb builds, in each compression, twice with and without md5sums; and
 * what dpkg itself writes about it when it unpacks it. */
static const char build_script[] =
	"cd \"$1\"; export SOURCE_DATE_EPOCH=1700000000\n"
	"mkdir -p p/DEBIAN p/etc p/usr/share/x p/usr/bin; cd p\n"
	"printf 'Package: tst\\nVersion: 1\\nArchitecture: all\\nMaintainer: x\\nDescription: x\\n' >DEBIAN/control\n"
	"echo /etc/a.conf >DEBIAN/conffiles; echo 'interest-noawait /x' >DEBIAN/triggers\n"
	"printf '#!/bin/sh\\n' >DEBIAN/postinst; chmod 755 DEBIAN/postinst\n"
	"echo conf >etc/a.conf; seq 100000 >usr/share/x/big; ln usr/share/x/big usr/share/x/hard; ln -s ../x/big usr/share/x/soft\n"
	"touch usr/share/x/empty; cp /bin/sh usr/bin/sh; chmod 4755 usr/bin/sh\n"
	"mkdir -p usr/share/$(printf 'd%.0s' $(seq 120)); echo x >usr/share/$(printf 'd%.0s' $(seq 120))/$(printf 'f%.0s' $(seq 200))\n"
	"cd ..; for z in gzip xz zstd none; do dpkg-deb --root-owner-group -Z$z -b p $z.deb; done\n"
	"mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates; touch root/var/lib/dpkg/status root/var/lib/dpkg/available\n"
	"dpkg --root=\"$1/root\" --force-not-root --unpack xz.deb\n";

static void check_same_as_dpkg(struct vz_store *s, const struct vz_record *r, const char *dir, const char *suffix)
{
	auto_free char *path = vz_printf("/var/lib/dpkg/info/tst.%s", suffix), *theirs = vz_printf("%s/root%s", dir, path);
	auto_buf struct vz_buf want = {0}, got = {0};
	struct vz_node *n = find(r, path);
	struct vz_err err = {0};

	must(vz_read_file(AT_FDCWD, theirs, 1 << 20, &want, &err));
	if (n->content) {
		vz_buf_add(&got, n->content, n->size);
	} else {
		auto_fd int fd = vz_object_open(s, &n->digest, &err);

		must(fd);
		must(vz_read_fd(fd, 1 << 20, &got, &err));
	}
	ck_assert_str_eq(got.data, want.data);
}

START_TEST(test_real)
{
	static const char *const kinds[] = { "gzip", "xz", "zstd", "none" };
	static const char *const infos[] = { "list", "md5sums", "conffiles", "triggers", "postinst" };
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir);
	auto_store struct vz_store *s = new_store(root);
	auto_buf struct vz_buf first = {0};

	run_sh(dir, build_script);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char key[VZ_HEX_LEN + 1] = KEY;
		auto_free char *path = vz_printf("%s/%s.deb", dir, kinds[i]);
		auto_record struct vz_record *r = NULL;
		auto_buf struct vz_buf dump = {0};
		struct vz_ingest_result result;
		struct vz_err err = {0};
		auto_fd int fd = vz_open(AT_FDCWD, path, O_RDONLY, 0, &err);

		key[0] = (char)('0' + i);
		must(vz_ingest(s, "deb", fd, key, &result, &err));
		ck_assert(i ? result.new_bytes == 0 : result.new_bytes > 500000);
		r = vz_record_read(s, key, &err);
		ck_assert_msg(r != NULL, "%s", err.msg);
		vz_dump_write(r->tree, &dump);
		if (!i)
			vz_buf_add(&first, dump.data, dump.len);
		ck_assert_str_eq(dump.data, first.data);
		for (size_t n = 0; n < sizeof infos / sizeof *infos; n++)
			check_same_as_dpkg(s, r, dir, infos[n]);
		ck_assert_uint_eq(find(r, "/usr/bin/sh")->mode, S_IFREG | 04755);
	}
}
END_TEST

struct job {
	struct vz_store *store;
	const char *path;
	char key[VZ_HEX_LEN + 1];
	struct vz_ingest_result result;
};

static int run_job(void *arg, struct vz_err *err)
{
	struct job *j = arg;
	auto_fd int fd = vz_open(AT_FDCWD, j->path, O_RDONLY, 0, err);

	return fd < 0 ? -1 : vz_ingest(j->store, "deb", fd, j->key, &j->result, err);
}

START_TEST(test_threads)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir), *path = vz_printf("%s/xz.deb", dir);
	auto_store struct vz_store *s = new_store(root);
	struct vz_pool *pool = vz_pool_new(4);
	struct vz_err err = {0};
	struct job jobs[16];
	auto_buf struct vz_buf first = {0};
	uint64_t new_bytes = 0;

	run_sh(dir, build_script);
	for (size_t i = 0; i < 16; i++) {
		jobs[i] = (struct job){ .store = s, .path = path, .key = KEY };
		jobs[i].key[0] = "0123456789abcdef"[i];
		vz_pool_add(pool, run_job, &jobs[i]);
	}
	must(vz_pool_finish(pool, &err));
	vz_pool_free(pool);
	for (size_t i = 0; i < 16; i++) {
		auto_record struct vz_record *r = vz_record_read(s, jobs[i].key, &err);
		auto_buf struct vz_buf text = {0};

		ck_assert_msg(r != NULL, "%s", err.msg);
		vz_record_format(r, &text);
		if (!i)
			vz_buf_add(&first, text.data, text.len);
		ck_assert_str_eq(text.data, first.data);
		new_bytes += jobs[i].result.new_bytes;
	}
	ck_assert_uint_gt(new_bytes, 500000);
	ck_assert_uint_lt(new_bytes, 2 * jobs[0].result.bytes);
}
END_TEST

UNIT_MAIN("ingest", test_bad_ar, test_cut, test_good, test_bomb, test_real, test_threads)
