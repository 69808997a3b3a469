/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/index_rpm.h"

#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/chksum.h>
#include <solv/repo_comps.h>
#include <solv/repo_rpmdb.h>
#include <solv/repo_rpmmd.h>
#include <solv/repo_solv.h>
#include <solv/repo_updateinfoxml.h>
#include <solv/repo_write.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"
#include "resolver/plan.h"

struct index {
	Pool *pool;
	Repo *repo;
};

static void index_release(struct index *x)
{
	if (x->pool)
		pool_free(x->pool);
}
#define auto_index __attribute__((cleanup(index_release)))

static struct index index_new(void)
{
	Pool *pool = pool_create();

	pool_setdisttype(pool, DISTTYPE_RPM);
	return (struct index){ pool, repo_create(pool, "") };
}

/* libsolv reads from a FILE and closes nothing. */
static FILE *reader(int fd, off_t from, struct vz_err *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	FILE *f = copy < 0 || lseek(copy, from, SEEK_SET) < 0 ? NULL : fdopen(copy, "r");

	if (!f)
		vz_err_sys(err, "read metadata");
	else
		setvbuf(f, NULL, _IOFBF, 1 << 18);
	return f;
}

static int parse(struct index *x, int fd, int (*add)(Repo *repo, FILE *f), struct vz_err *err)
{
	FILE *f = reader(fd, 0, err);
	int failed;

	if (!f)
		return -1;
	failed = add(x->repo, f);
	fclose(f);
	return failed ? vz_err_set(err, VZ_UNTRUSTED, "the XML cannot be read: %s", pool_errstr(x->pool)) : 0;
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Nothing is worth the paging that libsolv gives to rarely read keys, and nothing here shows what people write. */
static int keep_needed(Repo *repo, Repokey *key, void *ctx)
{
	static const Id unused[] = { SOLVABLE_GROUP, SOLVABLE_PACKAGER, SOLVABLE_URL, SOLVABLE_LICENSE, SOLVABLE_HEADEREND,
				     SOLVABLE_BUILDHOST, SOLVABLE_DISTRIBUTION, SOLVABLE_AUTHORS, SOLVABLE_CHANGELOG,
				     SOLVABLE_KEYWORDS, SOLVABLE_ICON };
	const char *name = pool_id2str(repo->pool, key->name);

	(void)ctx;
	for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
		if (key->name == unused[i])
			return KEY_STORAGE_DROPPED;
	/* in any language: "solvable:summary:de" */
	if (begins(name, "solvable:summary") || begins(name, "solvable:description"))
		return KEY_STORAGE_DROPPED;
	return KEY_STORAGE_INCORE;
}

/* As that; of the two lists of files, the second has all that the first has, and is long enough to be paged. */
static int keep_second_list(Repo *repo, Repokey *key, void *ctx)
{
	const Repodata *first = repo_id2repodata(repo, 1);

	if (key->name == SOLVABLE_FILELIST)
		return key >= first->keys && key < first->keys + first->nkeys ? KEY_STORAGE_DROPPED : KEY_STORAGE_VERTICAL_OFFSET;
	return keep_needed(repo, key, ctx);
}

static int write_index(struct index *x, int out, int (*keep)(Repo *repo, Repokey *key, void *ctx), struct vz_err *err)
{
	int copy = fcntl(out, F_DUPFD_CLOEXEC, 3), failed;
	FILE *f = copy < 0 ? NULL : fdopen(copy, "w");
	Repowriter *writer;

	if (!f)
		return vz_err_sys(err, "write index");
	writer = repowriter_create(x->repo);
	repowriter_set_keyfilter(writer, keep, NULL);
	/* a write that failed on the way is not told of at the end */
	failed = repowriter_write(writer, f) != 0 || ferror(f);
	repowriter_free(writer);
	if (fclose(f) != 0 || failed)
		return vz_err_sys(err, "write index");
	return 0;
}

static int add_primary(Repo *repo, FILE *f)
{
	return repo_add_rpmmd(repo, f, NULL, 0);
}

static int add_filelists(Repo *repo, FILE *f)
{
	return repo_add_rpmmd(repo, f, NULL, REPO_EXTEND_SOLVABLES);
}

static int add_groups(Repo *repo, FILE *f)
{
	return repo_add_comps(repo, f, 0);
}

static int add_advisories(Repo *repo, FILE *f)
{
	return repo_add_updateinfoxml(repo, f, 0);
}

/* What must be right of every package, wanted or not: the rest of a repository that lies in one is not believed. */
static int check(Solvable *s, struct vz_err *err)
{
	const char *name = pool_id2str(s->repo->pool, s->name), *location = solvable_lookup_location(s, NULL), *digest;
	Id type = 0;

	if (solvable_lookup_str(s, SOLVABLE_MEDIABASE) || !location || !vz_plan_location_is_sane(location))
		return vz_err_set(err, VZ_UNTRUSTED, "package '%s' has the location '%s', which is not a path inside the repository",
				  name, location ? location : "");
	digest = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &type);
	if (!digest || !vz_hash_algo(digest)) {
		vz_err_set(err, VZ_UNTRUSTED, "package '%s' has no SHA-256 or longer digest", name);
		return vz_err_hint(err, "the repository has to be indexed anew, for instance with createrepo_c -s sha256");
	}
	if (!solvable_lookup_num(s, SOLVABLE_DOWNLOADSIZE, 0))
		return vz_err_set(err, VZ_UNTRUSTED, "package '%s' has no size", name);
	return 0;
}

static bool is_well_formed(const Solvable *s)
{
	const Pool *pool = s->repo->pool;

	return vz_plan_words_ok("rpm", pool_id2str(pool, s->name), pool_id2str(pool, s->evr), pool_id2str(pool, s->arch));
}

/* As artifacts of modules are written: NAME-EPOCH:VERSION-RELEASE.ARCH. */
static char *nevra(const Solvable *s)
{
	const Pool *pool = s->repo->pool;
	const char *evr = pool_id2str(pool, s->evr);

	return vz_printf("%s-%s%s.%s", pool_id2str(pool, s->name), strchr(evr, ':') ? "" : "0:", evr, pool_id2str(pool, s->arch));
}

static bool mark_module(struct index *x, Repodata *data, Id p, const struct vz_modules *modules)
{
	auto_free char *key = nevra(pool_id2solvable(x->pool, p));
	const struct vz_module_streams *streams = vz_modules_of(modules, key);
	Id key_module = pool_str2id(x->pool, "vzpkg:module", 1), key_default = pool_str2id(x->pool, "vzpkg:module-default", 1);

	for (size_t i = 0; streams && i < streams->n; i++) {
		repodata_add_idarray(data, p, key_module, pool_str2id(x->pool, streams->names[i], 1));
		if (vz_modules_is_default(modules, streams->names[i]))
			repodata_set_void(data, p, key_default);
	}
	return streams;
}

int vz_index_rpm_primary(int xml, const struct vz_modules *modules, int out, struct vz_index_rpm_count *ret, struct vz_err *err)
{
	auto_index struct index x = index_new();
	struct vz_index_rpm_count count = {0};
	Repodata *data;
	Solvable *s;
	Id p;

	if (parse(&x, xml, add_primary, err) < 0)
		return -1;
	data = repo_add_repodata(x.repo, 0);
	FOR_REPO_SOLVABLES(x.repo, p, s) {
		if (check(s, err) < 0)
			return -1;
		if (!is_well_formed(s)) {
			count.malformed++;
			repo_free_solvable(x.repo, p, 0);
			continue;
		}
		count.packages++;
		count.modular += modules && mark_module(&x, data, p, modules);
	}
	repodata_internalize(data);
	if (write_index(&x, out, keep_needed, err) < 0)
		return -1;
	*ret = count;
	return 0;
}

int vz_index_rpm_files(int primary, int filelists, int out, struct vz_err *err)
{
	auto_index struct index x = index_new();
	FILE *f = reader(primary, lseek(primary, 0, SEEK_CUR), err);
	int failed;

	if (!f)
		return -1;
	failed = repo_add_solv(x.repo, f, 0);
	fclose(f);
	if (failed)
		return vz_err_set(err, VZ_DAMAGED, "a cached index cannot be read: %s", pool_errstr(x.pool));
	return parse(&x, filelists, add_filelists, err) < 0 ? -1 : write_index(&x, out, keep_second_list, err);
}

/* libsolv reads a package by the name of its file. */
static int add_header(struct index *x, const struct vz_index_rpm_header *h, struct vz_err *err)
{
	/* of the lead only magic, version and the kind of signature are looked at */
	static const char lead[96] = { '\xed', '\xab', '\xee', '\xdb', 3, [79] = 5 };
	auto_fd int fd = memfd_create("header", MFD_CLOEXEC);
	auto_free char *path = vz_printf("/proc/self/fd/%d", fd);
	bool bare = h->len < 4 || memcmp(h->data, lead, 4) != 0;
	Repodata *data;
	Id p;

	if (fd < 0)
		return vz_err_sys(err, "make a memory file");
	if ((bare && vz_write_fd(fd, lead, sizeof lead, err) < 0) || vz_write_fd(fd, h->data, h->len, err) < 0)
		return -1;
	p = repo_add_rpm(x->repo, path, REPO_NO_INTERNALIZE | REPO_REUSE_REPODATA | REPO_NO_LOCATION | RPM_ADD_WITH_SHA256SUM);
	if (!p || !is_well_formed(pool_id2solvable(x->pool, p)))
		return vz_err_set(err, VZ_DAMAGED, "the header of package '%s' cannot be read", h->name);
	data = repo_last_repodata(x->repo);
	repodata_set_str(data, p, SOLVABLE_MEDIAFILE, h->location);
	repodata_set_num(data, p, SOLVABLE_DOWNLOADSIZE, h->size);
	repodata_set_checksum(data, p, SOLVABLE_CHECKSUM, solv_chksum_str2type(vz_hash_algo(h->digest)), h->digest);
	return 0;
}

int vz_index_rpm_headers(const struct vz_index_rpm_header *headers, size_t n, int out, struct vz_err *err)
{
	auto_index struct index x = index_new();

	for (size_t i = 0; i < n; i++)
		if (add_header(&x, &headers[i], err) < 0)
			return -1;
	repo_internalize(x.repo);
	return write_index(&x, out, keep_needed, err);
}

int vz_index_rpm_groups(int xml, int out, struct vz_err *err)
{
	auto_index struct index x = index_new();

	return parse(&x, xml, add_groups, err) < 0 ? -1 : write_index(&x, out, keep_needed, err);
}

int vz_index_rpm_advisories(int xml, int out, struct vz_err *err)
{
	auto_index struct index x = index_new();

	return parse(&x, xml, add_advisories, err) < 0 ? -1 : write_index(&x, out, keep_needed, err);
}
