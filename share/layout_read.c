/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/layout.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/table.h"
#include "store/tar.h"

#define MAX_ENTRIES 100000
#define BLOBS "/blobs/sha256/"

struct place {
	uint64_t offset, size;
};

struct vz_layout {
	char *path;
	int fd;                          /* the directory, or the archive */
	bool archive;
	struct vz_table places;          /* archive: of files, by normal path; values to be freed */
	int blob;                        /* directory: the one that was opened last, or -1 */
	struct vz_oci_index index;
};

void vz_layout_close(struct vz_layout *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->places.n; i++)
		free(l->places.items[i].value);
	vz_table_release(&l->places);
	vz_oci_index_release(&l->index);
	if (l->blob >= 0)
		close(l->blob);
	if (l->fd >= 0)
		close(l->fd);
	free(l->path);
	free(l);
}

const struct vz_oci_index *vz_layout_index(const struct vz_layout *l)
{
	return &l->index;
}

static ptrdiff_t read_file(void *ctx, void *buf, size_t len, struct vz_err *err)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(*(int *)ctx, (char *)buf + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read");
		if (!n)
			break;
		have += (size_t)n;
	}
	return vz_interrupted(err) < 0 ? -1 : (ptrdiff_t)have;
}

/* Remembers where the archive's files are. What else is in it does no harm. */
static int scan(struct vz_layout *l, struct vz_err *err)
{
	auto_tar struct vz_tar *tar = vz_tar_new(read_file, &l->fd);
	struct vz_tar_entry e;
	int r;

	vz_tar_allow_pax(tar);
	while ((r = vz_tar_next(tar, &e, err)) > 0) {
		auto_free char *path = vz_path_normal(e.name);
		struct place *p;

		if (!S_ISREG(e.mode) || e.hard_link)
			continue;
		if (l->places.n == MAX_ENTRIES || vz_table_has(&l->places, path))
			return vz_err_set(err, VZ_UNTRUSTED, "'%s' is there twice, or one file too many", path);
		p = vz_new(struct place);
		*p = (struct place){ e.offset, e.size };
		vz_table_put(&l->places, path, p);
	}
	return r;
}

/* The file `path` ("/…") of the layout: where it is. VZ_NOTFOUND. */
static int find(struct vz_layout *l, const char *path, int *ret_fd, struct place *ret, struct vz_err *err)
{
	const struct place *p = vz_table_get(&l->places, path);
	struct stat st;

	if (l->archive && !p)
		return vz_err_set(err, VZ_NOTFOUND, "there is no '%s'", path + 1);
	if (l->archive) {
		*ret = *p;
		*ret_fd = l->fd;
		return 0;
	}
	if (l->blob >= 0)
		close(l->blob);
	l->blob = vz_path_open_file(l->fd, path, err);
	if (l->blob < 0)
		return -1;
	if (fstat(l->blob, &st) < 0)
		return vz_err_sys(err, "stat '%s'", path + 1);
	*ret = (struct place){ 0, (uint64_t)st.st_size };
	*ret_fd = l->blob;
	return 0;
}

static int read_text(int fd, const struct place *p, struct vz_buf *ret, struct vz_err *err)
{
	ssize_t n;

	if (p->size > VZ_OCI_DOCUMENT_MAX)
		return vz_err_set(err, VZ_UNTRUSTED, "a document of more than 4 MiB");
	vz_buf_reserve(ret, p->size);
	n = pread(fd, ret->data + ret->len, p->size, (off_t)p->offset);
	if (n < 0)
		return vz_err_sys(err, "read");
	if ((uint64_t)n < p->size)
		return vz_err_set(err, VZ_UNTRUSTED, "breaks off");
	ret->len += p->size;
	ret->data[ret->len] = 0;
	return 0;
}

static int read_named(struct vz_layout *l, const char *path, struct vz_buf *ret, struct vz_err *err)
{
	struct place p;
	int fd;

	if (find(l, path, &fd, &p, err) < 0 || read_text(fd, &p, ret, err) < 0)
		return vz_err_wrap(err, "'%s'", path + 1);
	return 0;
}

static int read_index(struct vz_layout *l, struct vz_err *err)
{
	auto_buf struct vz_buf mark = {0}, text = {0};

	if (read_named(l, "/oci-layout", &mark, err) < 0) {
		err->code = VZ_FAILED;
		return vz_err_hint(err, "an OCI image layout has a file 'oci-layout'");
	}
	if (!strstr(mark.data, "\"imageLayoutVersion\""))
		return vz_err_set(err, VZ_FAILED, "'oci-layout' is not that of an image layout");
	return read_named(l, "/index.json", &text, err) < 0 ? -1 : vz_oci_index_read(text.data, text.len, &l->index, err);
}

struct vz_layout *vz_layout_open(const char *path, struct vz_err *err)
{
	auto_layout struct vz_layout *l = vz_new(struct vz_layout);
	struct stat st;

	l->blob = -1;
	l->path = vz_strdup(path);
	l->fd = vz_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, err);
	if (l->fd < 0)
		return NULL;
	if (fstat(l->fd, &st) < 0) {
		vz_err_sys(err, "stat '%s'", path);
		return NULL;
	}
	l->archive = !S_ISDIR(st.st_mode);
	if (l->archive && !S_ISREG(st.st_mode)) {
		vz_err_set(err, VZ_FAILED, "'%s' is neither a file nor a directory", path);
		return NULL;
	}
	if ((l->archive && scan(l, err) < 0) || read_index(l, err) < 0) {
		vz_err_wrap(err, "'%s'", path);
		return NULL;
	}
	return steal(&l);
}

int vz_layout_find(struct vz_layout *l, const struct vz_oci_descriptor *d, int *ret_fd, uint64_t *ret_offset,
		   struct vz_err *err)
{
	auto_free char *path = vz_printf(BLOBS "%s", d->digest);
	struct place p;

	if (find(l, path, ret_fd, &p, err) < 0) {
		err->code = err->code == VZ_NOTFOUND ? VZ_UNTRUSTED : err->code;
		return vz_err_wrap(err, "'%s'", l->path);
	}
	if (p.size != d->size)
		return vz_err_set(err, VZ_UNTRUSTED, "'%s': blob 'sha256:%s' has %llu bytes, not %llu", l->path, d->digest,
				  (unsigned long long)p.size, (unsigned long long)d->size);
	*ret_offset = p.offset;
	return 0;
}

int vz_layout_read(struct vz_layout *l, const struct vz_oci_descriptor *d, struct vz_buf *ret, struct vz_err *err)
{
	struct place p = { .size = d->size };
	int fd;

	if (vz_layout_find(l, d, &fd, &p.offset, err) < 0)
		return -1;
	if (vz_blob_check(fd, p.offset, p.size, d->digest, err) < 0 || read_text(fd, &p, ret, err) < 0)
		return vz_err_wrap(err, "'%s'", l->path);
	return 0;
}
