/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/export.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/proc.h"
#include "share/target.h"
#include "store/image.h"
#include "store/object.h"

struct copy {
	struct vz_export *e;
	int objects;                         /* the new directory */
	struct vz_err *err;
};

/* Shares the bytes where the file system can, never the inode: who has the copy may write to it. */
static int copy_bytes(int from, int to, uint64_t size, struct vz_err *err)
{
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (size) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "copy an object");
		if (!n)
			return vz_err_set(err, VZ_DAMAGED, "an object is too short");
		size -= (uint64_t)n;
	}
	return 0;
}

static int copy_object(struct copy *c, const struct vz_node *n)
{
	char path[VZ_HEX_LEN + 2];
	auto_fd int from = -1, to = -1;
	struct vz_digest is;

	vz_object_path(&n->digest, path);
	path[2] = 0;
	if (mkdirat(c->objects, path, 0777) < 0 && errno != EEXIST)
		return vz_err_sys(c->err, "make directory 'objects/%s'", path);
	path[2] = '/';
	to = openat(c->objects, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (to < 0)
		return errno == EEXIST ? 0 : vz_err_sys(c->err, "make 'objects/%s'", path);
	from = vz_object_open(c->e->store, &n->digest, c->err);
	if (from < 0 || copy_bytes(from, to, n->size, c->err) < 0 || lseek(to, 0, SEEK_SET) < 0 ||
	    vz_verity_fd(to, &is, c->err) < 0)
		return -1;
	if (vz_digest_cmp(&is, &n->digest))
		return vz_err_set(c->err, VZ_DAMAGED, "object '%s' does not have the content that its name says", path);
	c->e->size += n->size;
	return 0;
}

static int visit(struct vz_node *n, void *ctx)
{
	struct copy *c = ctx;

	if (n->link || !vz_node_is_file(n) || !n->has_digest)
		return 0;
	return vz_interrupted(c->err) < 0 ? -1 : copy_object(c, n);
}

static int put_file(const struct vz_target *t, const char *name, const void *data, size_t len, struct vz_err *err)
{
	auto_fd int fd = vz_open(t->fd, name, O_WRONLY | O_CREAT | O_EXCL, 0644, err);

	return fd < 0 ? -1 : vz_write_fd(fd, data, len, err);
}

static int put_texts(struct vz_export *e, const struct vz_target *t, struct vz_err *err)
{
	const struct vz_manifest *m = &e->subject->manifest;
	auto_buf struct vz_buf image = {0}, text = {0};
	struct vz_digest is;

	if (vz_image_write(e->subject->tree, NULL, &image, err) < 0)
		return -1;
	vz_verity_bytes(image.data, image.len, &is);
	if (vz_digest_cmp(&is, &m->image))
		return vz_err_set(err, VZ_DAMAGED, "the tree of '%s' does not give its image again", m->name);
	vz_digest_hex(&is, e->digest);
	e->size += image.len;
	if (vz_manifest_format(m, &text, err) < 0)
		return -1;
	return put_file(t, "image", image.data, image.len, err) < 0 || put_file(t, "manifest", text.data, text.len, err) < 0
		       ? -1 : put_file(t, "lock", m->lock, strlen(m->lock), err);
}

int vz_export_composefs(struct vz_export *e, struct vz_err *err)
{
	auto_target struct vz_target target = { .fd = -1 };
	auto_fd int objects = -1;
	struct copy copy = { .e = e, .err = err };

	if (vz_target_begin(e->path, VZ_TARGET_DIR, &target, err) < 0)
		return -1;
	vz_report_stage(e->report, "writing '%s'", e->path);
	e->size = 0;
	if (mkdirat(target.fd, "objects", 0777) < 0)
		return vz_err_sys(err, "make directory '%s/objects'", e->path);
	copy.objects = objects = vz_open_dir(target.fd, "objects", err);
	if (objects < 0 || put_texts(e, &target, err) < 0 || vz_node_walk(e->subject->tree->root, visit, &copy) < 0)
		return vz_err_wrap(err, "'%s'", e->path);
	return vz_target_end(&target, err);
}
