/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What erofs-utils says of the images: an opinion that is not ours. */
#include "tests/unit/vectors.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/proc.h"
#include "store/erofs.h"
#include "tests/unit/scratch.h"

/* The exit status of fsck.erofs; what it said is in `ret_said`. */
static int fsck(const struct vz_buf *image, struct vz_buf *ret_said)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *path = vz_printf("%s/image", dir);
	const char *const argv[] = { "fsck.erofs", path, NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1, .timeout_ms = 60000 };
	struct vz_err err;
	int status;

	must(vz_write_file(AT_FDCWD, path, image->data, image->len, 0600, &err));
	must(vz_proc_run(&p, &status, ret_said, ret_said, &err));
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void check_vector(const struct vector *v)
{
	auto_tree struct vz_tree *t = vector_tree(v->file);
	auto_buf struct vz_buf image = {0}, said = {0};

	vector_image(v, t, &image);
	ck_assert_msg(fsck(&image, &said) == 0, "%s: %s", v->file, said.data);
}

START_TEST(test_clean)
{
	ck_assert_uint_ge(vectors_each(check_vector), 39);
}
END_TEST

/* or else the test above says nothing */
START_TEST(test_damage_is_seen)
{
	auto_tree struct vz_tree *t = vector_tree("02-worked-example.dump");
	auto_buf struct vz_buf image = {0}, said = {0};
	struct vz_err err;
	uint8_t *block;

	must(vz_image_write(t, NULL, &image, &err));
	block = (uint8_t *)image.data + image.len - EROFS_BLOCK;
	put64(block + get16(block + DIRENT_NAME) - DIRENT_LEN, 1000000);   /* the last entry's inode */
	ck_assert_int_ne(fsck(&image, &said), 0);
}
END_TEST

__attribute__((constructor)) static void need_fsck(void)
{
	const char *const argv[] = { "fsck.erofs", "--help", NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1, .timeout_ms = 60000 };
	struct vz_err err;
	int status;

	if (vz_proc_run(&p, &status, NULL, NULL, &err) == 0)
		return;
	printf("needs fsck.erofs of erofs-utils: %s\n", err.msg);
	exit(getenv("VZ_MUST_WORK") ? EXIT_FAILURE : 77);
}

UNIT_MAIN("image-fsck", test_clean, test_damage_is_seen)
