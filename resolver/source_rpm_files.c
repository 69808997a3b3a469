/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/source_rpm.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"
#include "resolver/index_rpm.h"
#include "resolver/modules.h"
#include "resolver/unpack.h"
#include "resolver/xml.h"

#define INDEX_LIMIT (1ULL << 30)
#define MODULES_LIMIT (64 << 20)
#define RATIO 200
#define ADVISORIES "updateinfo"

/* The .solv files of one repository, by what they are made from. */
struct keys {
	char packages[VZ_HEX_LEN + 1], files[VZ_HEX_LEN + 1], groups[VZ_HEX_LEN + 1], advisories[VZ_HEX_LEN + 1];
};

/* comps.xml is listed in several forms by some; the small ones first. */
static const struct vz_repomd_file *groups_of(const struct vz_repomd *r)
{
	static const char *const types[] = { "group_zst", "group_gz", "group_xz", "group_bz2", "group" };
	const struct vz_repomd_file *f = NULL;

	for (size_t i = 0; i < sizeof types / sizeof *types && !f; i++)
		f = vz_repomd_file(r, types[i]);
	return f;
}

static void make_key(const char *kind, const struct vz_repomd_file *const *files, size_t n, char ret[VZ_HEX_LEN + 1])
{
	auto_buf struct vz_buf b = {0};
	struct vz_digest d;

	vz_buf_printf(&b, "vzpkg rpm 1 %s\n", kind);
	for (size_t i = 0; i < n; i++)
		vz_buf_printf(&b, "%s\n", files[i] ? files[i]->digest : "-");
	vz_sha256(b.data, b.len, &d);
	vz_digest_hex(&d, ret);
}

static struct keys keys_of(const struct vz_repomd *r)
{
	const struct vz_repomd_file *const f[] = { vz_repomd_file(r, "primary"), vz_repomd_file(r, "modules"),
						   vz_repomd_file(r, "filelists"), groups_of(r), vz_repomd_file(r, ADVISORIES) };
	struct keys k;

	make_key("packages", f, 2, k.packages);
	make_key("files", f, 3, k.files);
	make_key("groups", f + 3, 1, k.groups);
	make_key("advisories", f + 4, 1, k.advisories);
	return k;
}

static bool is_key(const void *ctx, const char *digest)
{
	const struct keys *k = ctx;

	return strcmp(digest, k->packages) == 0 || strcmp(digest, k->files) == 0 || strcmp(digest, k->groups) == 0 ||
	       strcmp(digest, k->advisories) == 0;
}

/* Where decompressed text goes. */
struct unpacking {
	struct vz_xml_gate gate;
	bool is_xml;
	struct vz_hash *hash;            /* NULL: nobody said what it has to be */
	int fd;
};

static int take_piece(void *ctx, const char *data, size_t len, struct vz_err *err)
{
	struct unpacking *u = ctx;

	if (u->is_xml && vz_xml_gate_add(&u->gate, data, len, err) < 0)
		return -1;
	if (u->hash)
		vz_hash_add(u->hash, data, len);
	return vz_write_fd(u->fd, data, len, err);
}

/* Unpacks `packed` into `out`, and compares it with what was promised. */
static int unpack(const struct vz_repomd_file *f, int packed, int out, uint64_t limit, struct vz_err *err)
{
	struct unpacking u = { .fd = out, .is_xml = strcmp(f->type, "modules") != 0,
			       .gate.may_name_type = strncmp(f->type, "group", 5) == 0 };
	struct vz_unpacked got;
	char hex[VZ_HASH_MAX] = "";
	struct stat st;
	int failed;

	if (fstat(packed, &st) < 0)
		return vz_err_sys(err, "stat a download");
	if ((uint64_t)st.st_size < limit / RATIO)
		limit = (uint64_t)st.st_size * RATIO;
	if (f->open_size > limit)
		return vz_err_set(err, VZ_UNTRUSTED, "it would have %llu bytes, more than is allowed", (unsigned long long)f->open_size);
	u.hash = *f->open_digest ? vz_hash_new(vz_hash_algo(f->open_digest)) : NULL;
	failed = vz_unpack(packed, f->location, f->open_size ? f->open_size : limit, take_piece, &u, &got, err);
	if (u.hash)
		vz_hash_end_hex(u.hash, hex);
	vz_hash_free(u.hash);
	if (failed)
		return -1;
	if ((f->open_size && got.size != f->open_size) || strcmp(hex, f->open_digest) != 0)
		return vz_err_set(err, VZ_UNTRUSTED, "it does not decompress to what repomd.xml promises");
	return u.is_xml ? vz_xml_gate_end(&u.gate, err) : 0;
}

/* Downloads and unpacks one; a nameless file, or -1. */
static int get(struct vz_source *s, const struct vz_repomd_file *f, uint64_t limit, struct vz_err *err)
{
	auto_fd int packed = vz_open(s->dir, ".", O_TMPFILE | O_RDWR, 0600, err), out = -1;
	struct vz_fetch_request r = { .mirrors = &s->mirrors, .path = f->location, .fd = packed, .size = f->size,
				      .max_size = INDEX_LIMIT, .digest = f->digest, .speeds = vz_source_speeds(s) };

	if (packed < 0)
		return -1;
	if (s->offline)
		return vz_err_set(err, VZ_NETWORK, "'%s' is not cached, and --offline forbids fetching it", f->location);
	if (vz_fetch_run(s->fetch, &r, 1, err) < 0 || (out = vz_open(s->dir, ".", O_TMPFILE | O_RDWR, 0600, err)) < 0)
		return -1;
	if (unpack(f, packed, out, limit, err) < 0)
		return vz_err_wrap(err, "'%s'", f->location);
	return steal_fd(&out);
}

static int read_modules(struct vz_source *s, const struct vz_repomd_file *f, struct vz_modules **ret, struct vz_err *err)
{
	auto_fd int fd = get(s, f, MODULES_LIMIT, err);
	auto_buf struct vz_buf text = {0};

	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0 || vz_read_fd(fd, MODULES_LIMIT, &text, err) < 0)
		return -1;
	*ret = vz_modules_read(text.data ? text.data : "", text.len, err);
	return *ret ? 0 : vz_err_wrap(err, "'%s'", f->location);
}

static int make_packages(struct vz_source *s, const struct vz_repomd *r, const char *key, struct vz_err *err)
{
	const struct vz_repomd_file *primary = vz_repomd_file(r, "primary"), *listed = vz_repomd_file(r, "modules");
	auto_modules struct vz_modules *modules = NULL;
	struct vz_index_rpm_count n;
	auto_fd int xml = -1, out = -1;

	if (listed && read_modules(s, listed, &modules, err) < 0)
		return -1;
	xml = get(s, primary, INDEX_LIMIT, err);
	if (xml < 0 || (out = vz_source_new_index(s, err)) < 0)
		return -1;
	if (vz_index_rpm_primary(xml, modules, out, &n, err) < 0)
		return vz_err_wrap(err, "'%s'", primary->location);
	if (n.malformed)
		vz_report_note(s->report, "repository '%s': %zu malformed packages in '%s' are left out", s->repo->id, n.malformed,
			       primary->location);
	vz_report_debug(s->report, "repository '%s': %zu packages, %zu of them in streams of modules", s->repo->id, n.packages,
			n.modular);
	return vz_source_put_index(s, out, key, err);
}

/* One of the files that are turned into a .solv by themselves. */
static int make_one(struct vz_source *s, const struct vz_repomd_file *f, int (*index)(int xml, int out, struct vz_err *err),
		    const char *key, struct vz_err *err)
{
	auto_fd int xml = get(s, f, INDEX_LIMIT, err), out = -1;

	if (xml < 0 || (out = vz_source_new_index(s, err)) < 0)
		return -1;
	if (index(xml, out, err) < 0)
		return vz_err_wrap(err, "'%s'", f->location);
	return vz_source_put_index(s, out, key, err);
}

int vz_source_rpm_indexes(struct vz_source *s, const struct vz_repomd *r, struct vz_err *err)
{
	const struct keys keys = keys_of(r);
	const struct vz_repomd_file *groups = groups_of(r), *advisories = vz_repomd_file(r, ADVISORIES);

	if (!vz_repomd_file(r, "primary"))
		return vz_err_set(err, VZ_UNRESOLVED, "its repomd.xml lists no primary metadata");
	vz_source_drop_indexes(s);
	if (!vz_source_open_index(s, keys.packages) && make_packages(s, r, keys.packages, err) < 0)
		return -1;
	if (groups && !vz_source_open_index(s, keys.groups) && make_one(s, groups, vz_index_rpm_groups, keys.groups, err) < 0)
		return -1;
	if (s->advisories && advisories && !vz_source_open_index(s, keys.advisories) &&
	    make_one(s, advisories, vz_index_rpm_advisories, keys.advisories, err) < 0)
		return -1;
	vz_source_prune(s, is_key, &keys);
	return 0;
}

int vz_source_rpm_files(struct vz_source *s, const struct vz_repomd *r, struct vz_err *err)
{
	const struct keys keys = keys_of(r);
	const struct vz_repomd_file *f = vz_repomd_file(r, "filelists");

	if (!f)
		return 0;
	if (!vz_source_open_index(s, keys.files)) {
		auto_fd int xml = get(s, f, INDEX_LIMIT, err), out = -1;

		if (xml < 0 || (out = vz_source_new_index(s, err)) < 0)
			return -1;
		if (vz_index_rpm_files(s->indexes[0], xml, out, err) < 0)
			return vz_err_wrap(err, "'%s'", f->location);
		if (vz_source_put_index(s, out, keys.files, err) < 0)
			return -1;
	}
	close(s->indexes[0]);
	s->indexes[0] = s->indexes[--s->n_indexes];
	return 0;
}
