/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/import_forms.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "store/image.h"
#include "store/object.h"

#define MAX_IMAGE ((size_t)1 << 30)
#define MAX_TEXT ((size_t)64 << 20)

struct reader {
	const struct vz_import *i;
	int dir;                             /* the directory, then its objects */
	struct vz_arrival *to;
	struct vz_err *err;
};

/* A file directly in the directory, and no link. */
static int read_file(int dir, const char *name, size_t limit, struct vz_buf *ret, struct vz_err *err)
{
	struct stat st;
	auto_fd int fd = vz_path_open_entry(dir, name, &st, err);

	if (fd < 0)
		return -1;
	return vz_read_fd(fd, limit, ret, err) < 0 ? vz_err_wrap(err, "'%s'", name) : 0;
}

/* The file system is the image's to describe, but our writer's to write: of one that is not bit for bit what it gives,
 * nobody knows what else it says. */
static int read_tree(const struct reader *r, struct vz_err *err)
{
	auto_buf struct vz_buf image = {0}, ours = {0};

	if (read_file(r->dir, "image", MAX_IMAGE, &image, err) < 0)
		return -1;
	r->to->tree = vz_image_read(image.data, image.len, err);
	if (!r->to->tree) {
		err->code = VZ_UNTRUSTED;
		return -1;
	}
	vz_tree_order_links(r->to->tree);
	if (vz_image_write(r->to->tree, NULL, &ours, err) < 0)
		return -1;
	if (ours.len != image.len || memcmp(ours.data, image.data, ours.len) != 0)
		return vz_err_set(err, VZ_UNTRUSTED, "'image' is not what its tree gives when it is written");
	return 0;
}

/* Where the object is follows from its digest alone, whatever the image says. */
static int take_object(struct reader *r, const struct vz_node *n)
{
	char path[VZ_HEX_LEN + 2];
	struct vz_digest is;
	auto_fd int fd = -1;
	uint64_t size;
	bool new = false;

	if (!n->has_digest)
		return vz_err_set(r->err, VZ_UNTRUSTED, "has a content without a digest");
	if (vz_object_has(r->i->store, &n->digest))
		return 0;
	vz_object_path(&n->digest, path);
	fd = vz_path_open_file(r->dir, path, r->err);
	if (fd < 0) {
		r->err->code = r->err->code == VZ_NOTFOUND ? VZ_UNTRUSTED : r->err->code;
		return -1;
	}
	if (vz_object_put_fd(r->i->store, fd, &is, &size, &new, r->err) < 0)
		return -1;
	if (vz_digest_cmp(&is, &n->digest) || size != n->size)
		return vz_err_set(r->err, VZ_UNTRUSTED, "its object 'objects/%s' has another content", path);
	r->to->new_bytes += new ? size : 0;
	return 0;
}

static int visit(struct vz_node *n, void *ctx)
{
	struct reader *r = ctx;
	auto_free char *path = NULL;

	if (n->link || !vz_node_is_file(n) || n->content || !n->size)
		return 0;
	if (vz_interrupted(r->err) == 0 && take_object(r, n) == 0)
		return 0;
	path = vz_node_path(n);
	return vz_err_wrap(r->err, "'%s'", path);
}

static int take_objects(struct reader *r)
{
	int dir = r->dir, rc;
	auto_fd int objects = vz_open(dir, "objects", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, r->err);

	if (objects < 0)
		return -1;
	r->dir = objects;
	rc = vz_node_walk(r->to->tree->root, visit, r);
	r->dir = dir;
	return rc;
}

static int read_manifest(const struct reader *r, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0}, lock = {0};
	struct stat st;
	struct utsname host;

	if (fstatat(r->dir, "manifest", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return read_file(r->dir, "manifest", MAX_TEXT, &text, err) < 0 || read_file(r->dir, "lock", MAX_TEXT, &lock, err) < 0
			       ? -1 : vz_arrival_read(r->to, text.data, text.len, lock.data, err);
	if (vz_import_needs_name(r->i, err) < 0)
		return -1;
	uname(&host);
	vz_arrival_name(r->to, r->i->name, host.machine);
	return 0;
}

int vz_import_composefs(const struct vz_import *i, struct vz_arrival *ret, struct vz_err *err)
{
	auto_fd int dir = vz_open_dir(AT_FDCWD, i->path, err);
	struct reader r = { .i = i, .dir = dir, .to = ret, .err = err };

	if (dir < 0)
		return -1;
	vz_report_stage(i->report, "reading '%s'", i->path);
	if (read_tree(&r, err) < 0 || read_manifest(&r, err) < 0 || take_objects(&r) < 0)
		return err->code == VZ_USAGE ? -1 : vz_err_wrap(err, "'%s'", i->path);
	return 0;
}
