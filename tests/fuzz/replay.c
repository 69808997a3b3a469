/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main() of a fuzz target outside libFuzzer: runs the target once on each file
 * named as an argument, and on each file of a directory that is named. Without
 * arguments it takes $top_srcdir/tests/fuzz/corpus/NAME, NAME being what
 * follows "fuzz-" in the program's own name, as `make check` wants it.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (64u << 20)

static size_t replay_file(const char *path)
{
	struct vz_err err;
	auto_buf struct vz_buf b = {0};
	uint8_t *copy;

	if (vz_read_file(AT_FDCWD, path, INPUT_MAX, &b, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(EXIT_FAILURE);
	}
	/* exactly as long as the input, so that the sanitizer sees one byte too far */
	copy = malloc(b.len ? b.len : 1);
	if (b.len)
		memcpy(copy, b.data, b.len);
	LLVMFuzzerTestOneInput(copy, b.len);
	free(copy);
	return 1;
}

static size_t replay(const char *path)
{
	struct dirent *entry;
	size_t n = 0;
	struct stat st;
	DIR *dir;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return replay_file(path);
	dir = opendir(path);
	if (!dir) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	while ((entry = readdir(dir))) {
		auto_free char *name = NULL;

		if (entry->d_name[0] == '.')
			continue;
		name = vz_printf("%s/%s", path, entry->d_name);
		n += replay(name);
	}
	closedir(dir);
	return n;
}

/* What follows the last "fuzz-" of the program's name. */
static const char *target_name(const char *program)
{
	const char *name = "";

	for (const char *p = program; (p = strstr(p, "fuzz-")); )
		name = p += strlen("fuzz-");
	return name;
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	size_t n = 0;

	if (argc < 2) {
		auto_free char *corpus = vz_printf("%s/tests/fuzz/corpus/%s", top ? top : ".", target_name(argv[0]));

		n = replay(corpus);
	}
	for (int i = 1; i < argc; i++)
		n += replay(argv[i]);
	printf("%zu inputs\n", n);
	return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
