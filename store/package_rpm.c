/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/package.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/table.h"
#include "shim/capability.h"
#include "shim/rpm.h"

#define MAX_RATIO 200            /* of the unpacked payload, what stands between files included … */
#define FREE_BYTES (1 << 20)     /* … above this size */

struct rpm {
	struct vz_rpm *in;
	uint64_t size;           /* of the package file */
	struct vz_sink *sink;
	struct vz_record *record;
	struct vz_hash *hash;    /* of file contents */
	size_t n_files;
	bool *met;               /* names of inodes whose content comes with a later one */
	struct vz_buf owners;
};

static void rpm_release(struct rpm *r)
{
	vz_rpm_close(r->in);
	vz_hash_free(r->hash);
	vz_buf_release(&r->owners);
	free(r->met);
}

/*
 * Digests in the package's own headers.
 */

static bool is_digest(struct vz_hash *h, const char *want)
{
	char hex[129];

	vz_hash_end_hex(h, hex);
	return strcasecmp(hex, want) == 0;
}

static int check_header_digest(struct rpm *r, int tag, const char *algorithm, struct vz_err *err)
{
	const char *want = vz_rpm_string(r->in, VZ_RPM_SIGNATURE, tag, 0);
	size_t len;
	const void *bytes = vz_rpm_bytes(r->in, VZ_RPM_HEADER, &len);
	struct vz_hash *h;
	bool good;

	if (!want)
		return 0;
	h = vz_hash_new(algorithm);
	vz_hash_add(h, bytes, len);
	good = is_digest(h, want);
	vz_hash_free(h);
	return good ? 0 : vz_err_set(err, VZ_FAILED, "its header does not have the %s digest it should have", algorithm);
}

/*
 * What the header says of the package and of a file.
 */

static bool is_word(const char *s, const char *more, size_t max)
{
	if (!s || !isalnum((unsigned char)*s) || strlen(s) > max)
		return s && *s == '_' && strlen(s) <= max && is_word(s + 1, more, max);
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(more, *s))
			return false;
	return true;
}

static int check_package(struct rpm *r, struct vz_err *err)
{
	static const struct { int tag; const char *name, *more; size_t max; } words[] = {
		{ VZ_RPM_NAME, "Name", "._+-%{}", 250 },           { VZ_RPM_VERSION, "Version", "._+%{}^~", 200 },
		{ VZ_RPM_RELEASE, "Release", "._+%{}^~", 200 },    { VZ_RPM_ARCH, "Arch", "_", 60 },
	};

	if (vz_rpm_check(r->in, VZ_RPM_SIGNATURE, err) < 0 || vz_rpm_check(r->in, VZ_RPM_HEADER, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!is_word(vz_rpm_string(r->in, VZ_RPM_HEADER, words[i].tag, 0), words[i].more, words[i].max))
			return vz_err_set(err, VZ_FAILED, "header: no proper '%s'", words[i].name);
	if (!vz_rpm_string(r->in, VZ_RPM_HEADER, VZ_RPM_SOURCERPM, 0))
		return vz_err_set(err, VZ_FAILED, "it is a source package");
	if (check_header_digest(r, VZ_RPM_SIG_SHA256, "SHA256", err) < 0 || check_header_digest(r, VZ_RPM_SIG_SHA1, "SHA1", err) < 0)
		return -1;
	return vz_rpm_check_payload(r->in, err);   /* before anything is unpacked */
}

static bool has_control_bytes(const char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s))
			return true;
	return false;
}

static int check_file(const struct vz_rpm_file *f, struct vz_err *err)
{
	if (has_control_bytes(f->path) || has_control_bytes(f->target))
		return vz_err_set(err, VZ_FAILED, "'%s' has control bytes in its name or target", f->path);
	if (!is_word(f->user, "._-$", 64) || !is_word(f->group, "._-$", 64))
		return vz_err_set(err, VZ_FAILED, "'%s' has an owner with a bad name", f->path);
	switch (f->mode & S_IFMT) {
	case S_IFREG:
		return *f->digest ? 0 : vz_err_set(err, VZ_FAILED, "'%s' has no digest", f->path);
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		return 0;
	}
	return vz_err_set(err, VZ_FAILED, "'%s' has the unknown type 0%o", f->path, f->mode);
}

/*
 * The payload.
 */

static int give_data(struct rpm *r, const struct vz_rpm_file *f, struct vz_err *err)
{
	const void *bytes;
	ptrdiff_t n;

	while ((n = vz_rpm_data(r->in, &bytes, err)) > 0) {
		vz_hash_add(r->hash, bytes, (size_t)n);
		if (vz_sink_data(r->sink, bytes, (size_t)n, err) < 0)
			return vz_err_wrap(err, "'%s'", f->path);
	}
	if (n < 0)
		return -1;
	if (!is_digest(r->hash, f->digest))
		return vz_err_set(err, VZ_FAILED, "'%s' does not have the digest that the header has", f->path);
	return 0;
}

static void keep_owner(struct rpm *r, const struct vz_rpm_file *f, const char *path)
{
	if (strcmp(f->user, "root") || strcmp(f->group, "root"))
		vz_buf_printf(&r->owners, "%s %s %s\n", f->user, f->group, path);
}

static int give_entry(struct rpm *r, const struct vz_rpm_file *f, struct vz_err *err)
{
	unsigned char caps[VZ_CAPABILITY_LEN];
	struct vz_xattr xattr = { (char[]){ "security.capability" }, (char *)caps, sizeof caps };
	struct vz_sink_item e = {
		.path = f->path, .target = S_ISLNK(f->mode) ? f->target : NULL, .mode = f->mode, .major = f->major,
		.minor = f->minor, .size = S_ISREG(f->mode) ? f->size : 0, .mtime = f->mtime,
	};

	if (check_file(f, err) < 0)
		return -1;
	if (*f->caps) {
		if (!S_ISREG(f->mode))
			return vz_err_set(err, VZ_FAILED, "'%s' has capabilities and is no file", f->path);
		if (vz_capability_read(f->caps, caps, err) < 0)
			return vz_err_wrap(err, "'%s': capabilities", f->path);
		e.xattrs = &xattr;
		e.n_xattrs = 1;
	}
	if (vz_sink_entry(r->sink, &e, err) < 0)
		return -1;
	keep_owner(r, f, f->path);
	return S_ISREG(f->mode) ? give_data(r, f, err) : 0;
}

/* Another name of the file `f`, whose entry was given. What it says of mode and owner
 * can differ, where a package lists it with other attributes; the inode has `f`'s. */
static int give_link(struct rpm *r, size_t i, const struct vz_rpm_file *f, struct vz_err *err)
{
	struct vz_rpm_file other;
	struct vz_sink_item e = { .target = f->path, .hard_link = true, .mode = f->mode };
	auto_free char *path = NULL;

	vz_rpm_file(r->in, i, &other);
	e.path = path = other.path;
	e.mtime = other.mtime;
	if (!r->met[i])
		return vz_err_set(err, VZ_FAILED, "'%s' comes behind another name of it that has its content", path);
	if (has_control_bytes(path) || other.size != f->size || strcmp(other.digest, f->digest))
		return vz_err_set(err, VZ_FAILED, "'%s' and '%s' are one file with two contents", path, f->path);
	if (vz_sink_entry(r->sink, &e, err) < 0)
		return -1;
	keep_owner(r, f, path);
	return 0;
}

/* rpm packs a file of several names with its last one; the others come before, empty. */
static int give_file(struct rpm *r, size_t i, struct vz_err *err)
{
	struct vz_rpm_file f;
	auto_free char *path = NULL;
	const int *links;
	size_t n = vz_rpm_links(r->in, i, &links);

	if (r->met[i])
		return vz_err_set(err, VZ_FAILED, "its payload has a file twice");
	r->met[i] = true;
	if (n > 1 && (size_t)links[n - 1] != i)
		return 0;
	vz_rpm_file(r->in, i, &f);
	path = f.path;
	if (give_entry(r, &f, err) < 0)
		return -1;
	for (size_t k = 0; k + 1 < n; k++)
		if (give_link(r, (size_t)links[k], &f, err) < 0)
			return -1;
	return 0;
}

static int read_payload(struct rpm *r, struct vz_err *err)
{
	uint64_t algorithm = 1;          /* of packages that do not say */
	const char *name;
	size_t i;
	int rc;

	vz_rpm_number(r->in, VZ_RPM_HEADER, VZ_RPM_FILEDIGESTALGO, &algorithm);
	name = vz_rpm_digest_name(algorithm);
	r->hash = name ? vz_hash_new(name) : NULL;
	if (!r->hash)
		return vz_err_set(err, VZ_FAILED, "its files' digests are of the unknown kind %llu", (unsigned long long)algorithm);
	r->met = vz_alloc(r->n_files + 1);
	while ((rc = vz_rpm_next(r->in, &i, err)) > 0) {
		uint64_t unpacked = vz_rpm_unpacked(r->in);

		if (unpacked > FREE_BYTES && unpacked / MAX_RATIO > r->size)
			return vz_err_set(err, VZ_FAILED, "unpacks to more than %d times its size", MAX_RATIO);
		if (give_file(r, i, err) < 0)
			return -1;
	}
	return rc;
}

static bool lists(const struct rpm *r, const char *path)
{
	ptrdiff_t at = vz_rpm_find(r->in, path);
	struct vz_rpm_file f = { .flags = VZ_RPM_GHOST };

	if (at >= 0)
		vz_rpm_file(r->in, (size_t)at, &f);
	free(f.path);
	return !(f.flags & VZ_RPM_GHOST);
}

/* Directories that the tree has only because something stands below them: no say in their attributes. */
static void keep_implied(struct rpm *r)
{
	auto_table struct vz_table seen = {0};
	auto_buf struct vz_buf implied = {0};

	vz_table_put(&seen, "/", NULL);
	for (size_t i = 0; i < r->n_files; i++) {
		struct vz_rpm_file f;
		char *slash;

		vz_rpm_file(r->in, i, &f);
		while (!(f.flags & VZ_RPM_GHOST) && (slash = strrchr(f.path, '/')) > f.path) {
			*slash = 0;
			if (vz_table_has(&seen, f.path))
				break;
			vz_table_put(&seen, f.path, NULL);
		}
		free(f.path);
	}
	for (size_t i = 0; i < seen.n; i++)
		if (!lists(r, seen.items[i].key))
			vz_buf_printf(&implied, "%s\n", seen.items[i].key);
	if (implied.len)
		vz_record_add(r->record, "implied", implied.data, implied.len);
}

static int read_rpm(int fd, struct vz_sink *sink, struct vz_record *record, struct vz_err *err)
{
	__attribute__((cleanup(rpm_release))) struct rpm r = { .sink = sink, .record = record };
	const void *blob;
	struct stat st;
	size_t len;

	if (fstat(fd, &st) < 0)
		return vz_err_sys(err, "stat the package");
	r.size = (uint64_t)st.st_size;
	r.in = vz_rpm_open(fd, err);
	if (!r.in || check_package(&r, err) < 0)
		return -1;
	if (vz_rpm_files(r.in, &r.n_files, err) < 0 || read_payload(&r, err) < 0)
		return vz_err_wrap(err, "package '%s'", vz_rpm_string(r.in, VZ_RPM_HEADER, VZ_RPM_NAME, 0));
	blob = vz_rpm_bytes(r.in, VZ_RPM_BLOB, &len);
	vz_record_add(record, "header", blob, len);
	if (r.owners.len)
		vz_record_add(record, "owners", r.owners.data, r.owners.len);
	keep_implied(&r);
	return 0;
}

const struct vz_package_ops vz_package_rpm = { .family = "rpm", .read = read_rpm };
