/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "share/archive.h"
#include "share/target.h"

#define BLOBS "blobs/sha256"

/* Where blobs go. In a directory they get their names when they are complete; in
 * an archive the room for an entry's header is left, and filled then. */
struct vz_layout_writer {
	struct vz_target target;
	bool archive;
	off_t header;                    /* archive: of the entry being written */
	int blob;                        /* directory: the file being written, or -1 */
};

static bool is_archive(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && strcmp(path + len - 4, ".tar") == 0;
}

/* Archive: ends the entry whose data reach from behind the header to the file's offset. */
static int end_entry(struct vz_layout_writer *w, const char *name, uint64_t size, struct vz_err *err)
{
	static const char zeros[VZ_TAR_BLOCK];
	char header[VZ_TAR_BLOCK];

	vz_tar_file_header(name, size, header);
	if (pwrite(w->target.fd, header, sizeof header, w->header) != sizeof header)
		return vz_err_sys(err, "write '%s'", w->target.path);
	return vz_write_fd(w->target.fd, zeros, -size % VZ_TAR_BLOCK, err);
}

static int begin_entry(struct vz_layout_writer *w, struct vz_err *err)
{
	w->header = lseek(w->target.fd, 0, SEEK_CUR);
	if (w->header < 0 || lseek(w->target.fd, VZ_TAR_BLOCK, SEEK_CUR) < 0)
		return vz_err_sys(err, "write '%s'", w->target.path);
	return 0;
}

static int put_file(struct vz_layout_writer *w, const char *name, const void *data, size_t len, struct vz_err *err)
{
	auto_fd int fd = -1;

	if (w->archive)
		return begin_entry(w, err) < 0 || vz_write_fd(w->target.fd, data, len, err) < 0
			       ? -1 : end_entry(w, name, len, err);
	fd = vz_open(w->target.fd, name, O_WRONLY | O_CREAT | O_EXCL, 0666, err);
	return fd < 0 ? -1 : vz_write_fd(fd, data, len, err);
}

struct vz_layout_writer *vz_layout_begin(const char *path, struct vz_err *err)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	auto_layout_writer struct vz_layout_writer *w = vz_new(struct vz_layout_writer);

	w->archive = is_archive(path);
	w->target.fd = w->blob = -1;
	if (vz_target_begin(path, w->archive ? VZ_TARGET_FILE : VZ_TARGET_DIR, &w->target, err) < 0 ||
	    (!w->archive && vz_make_dirs(w->target.fd, BLOBS, 0777, err) < 0) ||
	    put_file(w, "oci-layout", layout, sizeof layout - 1, err) < 0)
		return NULL;
	return steal(&w);
}

int vz_layout_blob_begin(struct vz_layout_writer *w, int *ret_fd, struct vz_err *err)
{
	if (w->archive) {
		*ret_fd = w->target.fd;
		return begin_entry(w, err);
	}
	*ret_fd = w->blob = vz_open(w->target.fd, BLOBS "/new", O_RDWR | O_CREAT | O_TRUNC, 0666, err);
	return w->blob < 0 ? -1 : 0;
}

int vz_layout_blob_end(struct vz_layout_writer *w, const struct vz_blob *b, struct vz_err *err)
{
	auto_free char *name = vz_printf(BLOBS "/%s", b->digest);

	if (w->archive)
		return end_entry(w, name, b->size, err);
	close(steal_fd(&w->blob));
	if (renameat(w->target.fd, BLOBS "/new", w->target.fd, name) < 0)
		return vz_err_sys(err, "rename a blob of '%s'", w->target.path);
	return 0;
}

int vz_layout_put(struct vz_layout_writer *w, const void *data, size_t len, char *ret, struct vz_err *err)
{
	auto_free char *name = NULL;
	struct vz_digest d;

	vz_sha256(data, len, &d);
	vz_digest_hex(&d, ret);
	name = vz_printf(BLOBS "/%s", ret);
	return put_file(w, name, data, len, err);
}

int vz_layout_end(struct vz_layout_writer *w, const struct vz_oci_index *index, struct vz_err *err)
{
	static const char end[2 * VZ_TAR_BLOCK];
	auto_buf struct vz_buf text = {0};

	if (vz_oci_index_write(index, &text, err) < 0 || put_file(w, "index.json", text.data, text.len, err) < 0)
		return -1;
	if (w->archive && vz_write_fd(w->target.fd, end, sizeof end, err) < 0)
		return -1;
	return vz_target_end(&w->target, err);
}

void vz_layout_writer_free(struct vz_layout_writer *w)
{
	if (!w)
		return;
	if (w->blob >= 0)
		close(w->blob);
	vz_target_release(&w->target);
	free(w);
}
