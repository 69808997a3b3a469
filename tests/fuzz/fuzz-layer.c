/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A layer of an OCI image, over a tree that has some of what it may change. What comes out must be a tree that an image
 * can hold, or at least one that says so. */
#include <stdint.h>

#include "share/rootfs.h"
#include "store/image.h"
#include "tests/fuzz/ingest.h"
#include "tests/fuzz/repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vz_tree *lower(void)
{
	struct vz_tree *t = vz_tree_new();
	struct vz_node *dir = vz_tree_make_dirs(t, "/a/b", 0755, 1), *n = vz_node_add(dir, "c", S_IFREG | 0644);

	vz_node_set_content(n, "c", 1);
	vz_node_set_symlink(vz_node_add(t->root, "l", S_IFLNK | 0777), "a/b");
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_tree struct vz_tree *t = lower();
	auto_fd int fd = memfd_create("layer", MFD_CLOEXEC);
	auto_buf struct vz_buf tar = {0}, image = {0};
	char hex[VZ_HEX_LEN + 1];
	struct vz_rootfs_layer l = { .fd = fd, .digest = hex, .diff_id = hex };
	struct vz_digest d;
	struct vz_err err = {0};
	uint64_t new_bytes = 0;

	vz_buf_reserve(&tar, 1);
	vz_buf_add(&tar, data, size);
	if (size < 2 || (data[0] != 0x1f && data[0] != 0x28)) {
		repair(&tar);
		tar_end(&tar);
	}
	vz_sha256(tar.data, tar.len, &d);
	vz_digest_hex(&d, hex);
	l.size = tar.len;
	fuzz_open();
	if (fd < 0 || write(fd, tar.data, tar.len) != (ssize_t)tar.len)
		abort();
	if (vz_rootfs_add(fuzz_store, t, &l, &new_bytes, &err) == 0)
		vz_image_write(t, NULL, &image, &err);
	else if (!err.msg[0])
		abort();
	return 0;
}
