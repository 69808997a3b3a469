/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "store/dump.h"
#include "store/image.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"

static int print_digest(const struct vz_cli *cli, const struct vz_digest *d)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	if (cli->json)
		vz_json_pairs((const char *const[]){ "digest", hex, NULL });
	else
		puts(hex);
	return 0;
}

static int from_dump(const char *file, const char *out, struct vz_digest *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0}, image = {0};
	auto_tree struct vz_tree *tree = NULL;

	if (vz_read_file(AT_FDCWD, file, 1 << 30, &text, err) < 0)
		return -1;
	tree = vz_dump_read(text.data, text.len, err);
	if (!tree)
		return vz_err_wrap(err, "'%s'", file);
	if (vz_image_write(tree, NULL, &image, err) < 0)
		return -1;
	vz_verity_bytes(image.data, image.len, ret);
	return out ? vz_write_file(AT_FDCWD, out, image.data, image.len, 0644, err) : 0;
}

int vz_cmd_image(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const char *dump = NULL, *digest_of = NULL;
	const struct vz_option options[] = { { .name = "from-dump", .value = &dump }, { .name = "digest", .value = &digest_of }, { 0 } };
	struct vz_digest d;
	auto_fd int fd = -1;

	if (vz_cli_parse(cli, argc, argv, options, 0, 1, err) < 0)
		return -1;
	if (!dump == !digest_of || cli->n_args != (dump ? 1 : 0))
		return vz_err_set(err, VZ_USAGE, "give either --from-dump FILE OUT or --digest FILE");
	if (dump)
		return from_dump(dump, cli->dry_run ? NULL : cli->args[0], &d, err) < 0 ? -1 : print_digest(cli, &d);
	fd = vz_open(AT_FDCWD, digest_of, O_RDONLY, 0, err);
	if (fd < 0 || vz_verity_fd(fd, &d, err) < 0)
		return -1;
	return print_digest(cli, &d);
}
