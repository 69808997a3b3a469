/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/pool.h"
#include "base/proc.h"
#include "store/object.h"
#include "store/verify_parts.h"

#define DIRS 256

struct job {
	struct vz_verify *verify;
	uint64_t total;                  /* bytes that are needed: about what will be read */
	unsigned dir;
};

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_dir __attribute__((cleanup(dir_close)))

/* The file `name` of `dir` against the digest it should have. */
static int check_content(int dir, const char *name, const struct vz_digest *want, uint64_t *ret_size, struct vz_err *err)
{
	auto_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct vz_digest is;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		vz_err_sys(err, "open");
		err->code = errno == ENOENT ? VZ_NOTFOUND : VZ_DAMAGED;
		return -1;
	}
	*ret_size = (uint64_t)st.st_size;
	if (!S_ISREG(st.st_mode))
		return vz_err_set(err, VZ_DAMAGED, "is no regular file");
	if (vz_verity_fd(fd, &is, err) < 0) {
		err->code = VZ_DAMAGED;
		return -1;
	}
	if (vz_digest_cmp(&is, want))
		return vz_err_set(err, VZ_DAMAGED, "does not have the content that its name says");
	return 0;
}

int vz_verify_object(const struct vz_store *s, const char *path, struct vz_err *err)
{
	struct vz_digest d;
	uint64_t size;

	if (!vz_verify_digest(path, &d))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is no name of an object", path);
	return check_content(vz_store_fd(s), path, &d, &size, err);
}

/* One that is gone again is no finding here: see `find_missing`. */
static void verify_object(const struct job *job, int dir, const char *name)
{
	struct vz_findings *f = job->verify->findings;
	auto_free char *path = vz_printf("objects/%02x/%s", job->dir, name);
	struct vz_err why = {0};
	struct vz_digest d;
	uint64_t size = 0;

	if (!vz_verify_digest(path, &d) || strlen(name) != VZ_HEX_LEN - 2) {
		vz_err_set(&why, VZ_DAMAGED, "'%s' is no file of this store", path);
		vz_findings_add(f, VZ_FINDING_STRANGE, path, &why);
		return;
	}
	if (job->verify->quick)
		return;
	if (check_content(dir, name, &d, &size, &why) < 0 && why.code != VZ_NOTFOUND) {
		vz_err_wrap(&why, "'%s'", path);
		vz_findings_add(f, VZ_FINDING_OBJECT, path, &why);
	}
	vz_findings_checked(f, size);
}

static int verify_dir(void *arg, struct vz_err *err)
{
	const struct job *job = arg;
	struct vz_verify *v = job->verify;
	auto_free char *name = vz_printf("%02x", job->dir);
	int fd = openat(vz_store_objects_fd(v->store), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? 0 : vz_err_sys(err, "read 'objects/%s'", name);
	while (errno = 0, (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if (vz_interrupted(err) < 0)
			return -1;
		verify_object(job, fd, e->d_name);
		if (!v->quick)
			vz_report_progress(v->report, "objects", v->findings->bytes, job->total);
	}
	return errno ? vz_err_sys(err, "read 'objects/%s'", name) : 0;
}

/* All that is needed is there. */
static int find_missing(struct vz_verify *v, struct vz_err *err)
{
	for (size_t i = 0; i < v->needed.n_slots; i++) {
		const struct vz_digests_slot *slot = &v->needed.slots[i];
		char path[8 + VZ_HEX_LEN + 2] = "objects/";
		struct vz_err why = {0};
		struct stat st;
		uint64_t want;

		if (!slot->number)
			continue;
		if (vz_interrupted(err) < 0)
			return -1;
		vz_object_path(&slot->digest, path + 8);
		want = v->sizes[slot->number - 1];
		if (fstatat(vz_store_fd(v->store), path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			vz_err_set(&why, VZ_NOTFOUND, "'%s' is not there", path);
			vz_findings_add(v->findings, VZ_FINDING_OBJECT, path, &why);
		} else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != want) {
			vz_err_set(&why, VZ_DAMAGED, "'%s' has %llu bytes, not %llu", path, (unsigned long long)st.st_size,
				   (unsigned long long)want);
			vz_findings_add(v->findings, VZ_FINDING_OBJECT, path, &why);
		}
		if (v->quick)
			vz_findings_checked(v->findings, 0);
	}
	return 0;
}

int vz_verify_objects(struct vz_verify *v, struct vz_err *err)
{
	struct vz_pool *pool = vz_pool_new(0);
	struct job jobs[DIRS];
	uint64_t total = v->findings->bytes;
	int rc;

	for (size_t i = 0; i < v->needed.n; i++)
		total += v->sizes[i];
	for (unsigned i = 0; i < DIRS; i++) {
		jobs[i] = (struct job){ v, total, i };
		vz_pool_add(pool, verify_dir, &jobs[i]);
	}
	rc = vz_pool_finish(pool, err);
	vz_pool_free(pool);
	return rc < 0 ? -1 : find_missing(v, err);
}
