/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/proc.h"
#include "shim/rpm.h"
#include "store/dump.h"
#include "store/ingest.h"
#include "tests/unit/rpmfile.h"
#include "tests/unit/scratch.h"

#define KEY "00000000000000000000000000000000000000000000000000000000000000aa"

static struct vz_err err;

static struct vz_store *new_store(const char *dir)
{
	struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static int bytes_fd(const struct vz_buf *b)
{
	int fd = memfd_create("rpm", MFD_CLOEXEC);

	ck_assert_int_eq(write(fd, b->data, b->len), b->len);
	return fd;
}

static int ingest_bytes(struct vz_store *s, const struct vz_buf *rpm, struct vz_ingest_result *ret)
{
	auto_fd int fd = bytes_fd(rpm);

	return vz_ingest(s, "rpm", fd, KEY, ret, &err);
}

static struct vz_node *find(const struct vz_record *r, const char *path)
{
	struct vz_node *n = vz_tree_find(r->tree, path);

	ck_assert_msg(n != NULL, "'%s' is not in the tree", path);
	return n;
}

static const struct rpm_spec good = { .files = {
	{ .path = "/", D, .mtime = 7 },
	{ .path = "/bin/one", 0104711, "content", .user = "mail", .group = "utmp", .caps = "cap_net_raw,cap_chown=ep", .inode = 9, .mtime = 300 },
	{ .path = "/bin/two", 0100644, "content", .inode = 9 },
	{ .path = "/etc/\xff od d", L, "to here", .group = "staff" },
	{ .path = "/var/ghost", 0100600, "x", .flags = VZ_RPM_GHOST | VZ_RPM_CONFIG, .absent = true },
} };

START_TEST(test_good)
{
	static const unsigned char caps[] = { 1, 0, 0, 2, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_record struct vz_record *r = NULL;
	auto_buf struct vz_buf rpm = {0};
	struct vz_ingest_result result;
	const struct vz_record_member *header;
	const struct vz_xattr *x;
	struct rpm_spec spec = good;

	/* the one that has the content says what it is */
	spec.files[1].mode = 0100644;
	spec.files[2].mode = 0104711;
	for (int i = 0; i < 2; i++)
		spec.files[2].user = "mail", spec.files[2].group = "utmp", spec.files[2].caps = "cap_net_raw,cap_chown=ep";
	spec.files[2].mtime = 300;
	spec.files[1].payload = "";
	rpm_make(&spec, NULL, &rpm);
	must(ingest_bytes(s, &rpm, &result));
	r = vz_record_read(s, KEY, &err);
	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_str_eq(r->family, "rpm");
	ck_assert_uint_eq(r->size, rpm.len);
	ck_assert_uint_eq(result.files, 5);
	ck_assert_int_eq(r->tree->root->mtime, 7);
	ck_assert_ptr_eq(vz_node_inode(find(r, "/bin/one")), vz_node_inode(find(r, "/bin/two")));
	ck_assert_uint_eq(vz_node_inode(find(r, "/bin/one"))->mode, 0104711);
	ck_assert_uint_eq(vz_node_inode(find(r, "/bin/one"))->uid, 0);
	ck_assert_int_eq(vz_node_inode(find(r, "/bin/one"))->mtime, 300);
	ck_assert_str_eq(find(r, "/etc/\xff od d")->payload, "to here");
	ck_assert_ptr_null(vz_tree_find(r->tree, "/var"));
	x = vz_node_xattr(vz_node_inode(find(r, "/bin/two")), "security.capability");
	ck_assert(x && x->len == sizeof caps && !memcmp(x->value, caps, sizeof caps));
	ck_assert_str_eq(vz_record_member(r, "owners")->data,
			 "mail utmp /bin/two\nmail utmp /bin/one\nroot staff /etc/\xff od d\n");
	ck_assert_str_eq(vz_record_member(r, "implied")->data, "/bin\n/etc\n");
	header = vz_record_member(r, "header");
	ck_assert(!memcmp(header->data, rpm.data + 96, header->len));
	must(ingest_bytes(s, &rpm, &result));
	ck_assert_uint_eq(result.files, 0);
}
END_TEST

/* What an environment keeps of a package is enough to ask for its files again. */
START_TEST(test_parse)
{
	auto_buf struct vz_buf rpm = {0};
	auto_rpm struct vz_rpm *a = NULL, *b = NULL;
	struct rpm_spec spec = good;
	size_t n;

	rpm_make(&spec, NULL, &rpm);
	a = vz_rpm_parse(rpm.data + 96, rpm.len - 96, &err);
	ck_assert_msg(a != NULL, "%s", err.msg);
	must(vz_rpm_files(a, &n, &err));
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(vz_rpm_find(a, "/bin/two"), 2);
	ck_assert_int_eq(vz_rpm_find(a, "/bin/three"), -1);
	spec.files[2].user = "other";
	spec.files[4].mode = 0100644;
	rpm.len = 0;
	rpm_make(&spec, NULL, &rpm);
	b = vz_rpm_parse(rpm.data + 96, rpm.len - 96, &err);
	must(vz_rpm_files(b, &n, &err));
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(vz_rpm_differ(a, i, b, i), i == 2);
}
END_TEST

START_TEST(test_cut)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf rpm = {0};
	struct vz_ingest_result r;
	struct rpm_spec spec = good;
	size_t whole;

	spec.files[1].payload = "";
	rpm_make(&spec, NULL, &rpm);
	whole = rpm.len;
	for (rpm.len = 0; rpm.len < whole; rpm.len += rpm.len < 200 ? 1 : 7)
		must_fail(ingest_bytes(s, &rpm, &r), VZ_FAILED, "");
	rpm.len = whole;
	must(ingest_bytes(s, &rpm, &r));
}
END_TEST

static void run_sh(const char *dir, const char *script)
{
	const char *const argv[] = { "sh", "-ec", script, "sh", dir, NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1 };
	auto_buf struct vz_buf out = {0};
	int status;

	must(vz_proc_run(&p, &status, &out, &out, &err));
	ck_assert_msg(status == 0, "%s", out.data);
}

/* A package that rpmbuild builds, in each compression. */
static const char build_script[] =
	"cd \"$1\"; export SOURCE_DATE_EPOCH=1700000000 HOME=\"$1\"\n"
	"cat >t.spec <<'END'\n"
	"Name: tst\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nAutoReqProv: no\n%description\nx\n%install\n"
	"cd %{buildroot}; mkdir -p etc usr/share/x usr/bin var/log; echo conf >etc/a.conf; seq 100000 >usr/share/x/big\n"
	"ln usr/share/x/big usr/share/x/hard; ln -s big usr/share/x/soft; touch usr/share/x/empty 'usr/share/x/a space'\n"
	"cp /bin/sh usr/bin/tst; mkdir usr/share/x/sub; : >var/log/x.log\n"
	"find . -exec touch -h -d @1700000000 {} +\n"
	"%files\n%config(noreplace) /etc/a.conf\n/usr/share/x\n%ghost /var/log/x.log\n"
	"%attr(2755,root,mail) %caps(cap_net_raw=ep) /usr/bin/tst\n"
	"END\n"
	"for z in w9.gzdio w0.xzdio w3.zstdio w9.bzdio w0.lzdio w.ufdio; do\n"
	"rpmbuild -bb --quiet --define \"_topdir $1/top\" --define \"_binary_payload $z\" --define '_build_id_links none' "
	"--define 'debug_package %{nil}' --define '__os_install_post %{nil}' --define '_rpmfilename '$z.rpm t.spec; done\n";

START_TEST(test_real)
{
	static const char *const kinds[] = { "w9.gzdio", "w0.xzdio", "w3.zstdio", "w9.bzdio", "w0.lzdio", "w.ufdio" };
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir);
	auto_store struct vz_store *s = new_store(root);
	auto_buf struct vz_buf first = {0};

	run_sh(dir, build_script);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char key[VZ_HEX_LEN + 1] = KEY;
		auto_free char *path = vz_printf("%s/top/RPMS/%s.rpm", dir, kinds[i]);
		auto_record struct vz_record *r = NULL;
		auto_buf struct vz_buf dump = {0};
		struct vz_ingest_result result;
		auto_fd int fd = vz_open(AT_FDCWD, path, O_RDONLY, 0, &err);

		key[0] = (char)('0' + i);
		must(vz_ingest(s, "rpm", fd, key, &result, &err));
		ck_assert(i ? result.new_bytes == 0 : result.new_bytes > 500000);
		r = vz_record_read(s, key, &err);
		ck_assert_msg(r != NULL, "%s", err.msg);
		vz_dump_write(r->tree, &dump);
		if (!i)
			vz_buf_add(&first, dump.data, dump.len);
		ck_assert_str_eq(dump.data, first.data);
		ck_assert_uint_eq(find(r, "/usr/bin/tst")->mode, S_IFREG | 02755);
		ck_assert_ptr_nonnull(vz_node_xattr(find(r, "/usr/bin/tst"), "security.capability"));
		ck_assert_ptr_eq(vz_node_inode(find(r, "/usr/share/x/hard")), vz_node_inode(find(r, "/usr/share/x/big")));
		ck_assert_ptr_nonnull(find(r, "/usr/share/x/a space"));
		ck_assert_str_eq(vz_record_member(r, "owners")->data, "root mail /usr/bin/tst\n");
		ck_assert_str_eq(vz_record_member(r, "implied")->data, "/\n/etc\n/usr/bin\n/usr\n/usr/share\n");
	}
}
END_TEST

struct job {
	struct vz_store *store;
	const char *path;
	char key[VZ_HEX_LEN + 1];
	struct vz_ingest_result result;
};

static int run_job(void *arg, struct vz_err *e)
{
	struct job *j = arg;
	auto_fd int fd = vz_open(AT_FDCWD, j->path, O_RDONLY, 0, e);

	return fd < 0 ? -1 : vz_ingest(j->store, "rpm", fd, j->key, &j->result, e);
}

START_TEST(test_threads)
{
	static const char *const kinds[] = { "w9.gzdio", "w0.xzdio", "w3.zstdio", "w9.bzdio", "w0.lzdio", "w.ufdio" };
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir);
	auto_store struct vz_store *s = new_store(root);
	struct vz_pool *pool = vz_pool_new(4);
	struct job jobs[24];
	auto_buf struct vz_buf first = {0};
	uint64_t new_bytes = 0;

	run_sh(dir, build_script);
	for (size_t i = 0; i < 24; i++) {
		jobs[i] = (struct job){ .store = s, .path = vz_printf("%s/top/RPMS/%s.rpm", dir, kinds[i % 6]), .key = KEY };
		jobs[i].key[0] = "0123456789abcdef"[i % 16];
		jobs[i].key[1] = "01"[i / 16];
		vz_pool_add(pool, run_job, &jobs[i]);
	}
	must(vz_pool_finish(pool, &err));
	vz_pool_free(pool);
	for (size_t i = 0; i < 24; i++) {
		auto_record struct vz_record *r = vz_record_read(s, jobs[i].key, &err);
		auto_buf struct vz_buf text = {0};

		ck_assert_msg(r != NULL, "%s", err.msg);
		vz_dump_write(r->tree, &text);
		if (!i)
			vz_buf_add(&first, text.data, text.len);
		ck_assert_str_eq(text.data, first.data);
		new_bytes += jobs[i].result.new_bytes;
		free((char *)jobs[i].path);
	}
	ck_assert_uint_gt(new_bytes, 500000);
	ck_assert_uint_lt(new_bytes, 2 * jobs[0].result.bytes);
}
END_TEST

static void zstd(struct vz_buf *b)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *in = vz_printf("%s/in", dir), *out = vz_printf("%s/in.zst", dir);

	must(vz_write_file(AT_FDCWD, in, b->data, b->len, 0600, &err));
	run_sh(dir, "zstd -q -3 $1/in");
	vz_buf_clear(b);
	must(vz_read_file(AT_FDCWD, out, 64 << 20, b, &err));
}

#define MEBI ((uint64_t)1 << 20)
#define HUGE (4100 * MEBI)

/* 4,100 MiB of zeros as so many frames of 4 MiB, which costs nearly nothing to make. */
static void huge(struct vz_buf *b)
{
	auto_buf struct vz_buf head = {0}, zeros = {0}, tail = {0};

	vz_buf_add(&head, b->data, 16);
	vz_buf_add(&tail, b->data + 16, b->len - 16);
	vz_buf_zero(&zeros, 4 * MEBI);
	zstd(&head);
	zstd(&zeros);
	zstd(&tail);
	vz_buf_clear(b);
	vz_buf_add(b, head.data, head.len);
	for (uint64_t i = 0; i < HUGE; i += 4 * MEBI)
		vz_buf_add(b, zeros.data, zeros.len);
	vz_buf_add(b, tail.data, tail.len);
}

/* Read to its end, but not stored: 4 GiB are too much for a test's disk. The store's way with it is that of a bomb. */
START_TEST(test_huge)
{
	static const struct rpm_spec spec = {
		.files = { { .path = "/huge", .data = "", .size = HUGE }, { .path = "/small", .data = "abc" } },
		.compressor = "zstd", .stripped = true, .pack = huge,
	};
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf bytes = {0};
	auto_rpm struct vz_rpm *r = NULL;
	auto_fd int fd = -1;
	struct vz_rpm_file f;
	struct vz_ingest_result result;
	const void *piece;
	uint64_t sum = 0;
	ptrdiff_t n;
	size_t i;

	rpm_make(&spec, NULL, &bytes);
	fd = bytes_fd(&bytes);
	r = vz_rpm_open(fd, &err);
	ck_assert_msg(r != NULL, "%s", err.msg);
	must(vz_rpm_files(r, &i, &err));
	ck_assert_int_eq(vz_rpm_next(r, &i, &err), 1);
	vz_rpm_file(r, i, &f);
	ck_assert_str_eq(f.path, "/huge");
	free(f.path);
	ck_assert_uint_eq(f.size, HUGE);
	while ((n = vz_rpm_data(r, &piece, &err)) > 0)
		sum += (uint64_t)n;
	must((int)n);
	ck_assert_uint_eq(sum, HUGE);
	ck_assert_int_eq(vz_rpm_next(r, &i, &err), 1);
	ck_assert_uint_eq(i, 1);
	ck_assert_int_eq(vz_rpm_data(r, &piece, &err), 3);
	ck_assert(!memcmp(piece, "abc", 3));
	ck_assert_int_eq(vz_rpm_next(r, &i, &err), 0);
	must_fail(ingest_bytes(s, &bytes, &result), VZ_FAILED, "unpacks to more than ");
}
END_TEST

/* Data where a header says there is none is skipped, but counts. */
START_TEST(test_bomb_between)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf bytes = {0}, data = {0};
	struct rpm_spec spec = { .files = { { .path = "/d", .flags = VZ_RPM_GHOST }, { .path = "/e", .mode = D } }, .compressor = "zstd", .pack = zstd };
	struct vz_ingest_result result;

	for (size_t i = 0; i < 64 * MEBI; i++)
		vz_buf_putc(&data, 'x');
	spec.files[0].payload = data.data;
	rpm_make(&spec, NULL, &bytes);
	must_fail(ingest_bytes(s, &bytes, &result), VZ_FAILED, "unpacks to more than 200 times its size");
}
END_TEST

UNIT_MAIN("package-rpm", test_good, test_parse, test_cut, test_real, test_threads, test_huge, test_bomb_between)
