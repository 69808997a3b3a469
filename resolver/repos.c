/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/repos.h"

#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "resolver/state.h"

static bool stays(const char *file)
{
	static const char *const names[] = { "lock", "mirrors", VZ_SOURCE_STATE };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(file, names[i]) == 0)
			return true;
	return false;
}

int vz_repos_unused(int repos, time_t before, struct vz_texts *ret, struct vz_err *err)
{
	auto_texts struct vz_texts keys = {0};

	if (vz_list_dir(repos, ".", &keys, err) < 0)
		return -1;
	for (size_t i = 0; i < keys.n; i++) {
		auto_free char *lock = vz_printf("%s/lock", keys.v[i]);
		auto_texts struct vz_texts files = {0};
		struct stat st;

		/* one without a lock was never used, or is none of ours */
		if (fstatat(repos, lock, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_mtime >= before)
			continue;
		if (vz_list_dir(repos, keys.v[i], &files, err) < 0)
			return -1;
		for (size_t k = 0; k < files.n; k++) {
			auto_free char *path = vz_printf("%s/%s", keys.v[i], files.v[k]);

			if (!stays(files.v[k]) && fstatat(repos, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
				vz_texts_add(ret, path);
		}
	}
	return 0;
}

int vz_repos_check(int repos, vz_repos_found found, void *ctx, struct vz_err *err)
{
	auto_texts struct vz_texts keys = {0};

	if (vz_list_dir(repos, ".", &keys, err) < 0)
		return -1;
	for (size_t i = 0; i < keys.n; i++) {
		auto_free char *path = vz_printf("%s/" VZ_SOURCE_STATE, keys.v[i]);
		auto_fd int dir = openat(repos, keys.v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		struct vz_source_state state;
		struct vz_err why;

		if (dir >= 0 && vz_source_state_read(dir, &state, &why) < 0)
			found(ctx, path, &why);
	}
	return 0;
}
