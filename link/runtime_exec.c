/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "link/enter.h"
#include "link/runtime.h"

/*
 * The runtime's own "exec" does it: it joins control groups of each kind, and
 * knows how to be in a place whose /proc shows it to the tenant (CVE-2019-5736,
 * CVE-2024-21626).  What may be done is what the container's bundle says.
 */

static int find(const struct vz_running *r, const char *command, struct vz_err *err)
{
	auto_free char *path = vz_printf("/proc/%ju/root", (uintmax_t)r->pid);
	auto_fd int root = vz_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, err);

	return root < 0 ? -1 : vz_enter_find(root, command, err);
}

int vz_runtime_exec(const struct vz_store *s, const char *name, const struct vz_running *running,
		    const char *const *argv, int *ret_status, struct vz_err *err)
{
	auto_free char *dir = vz_running_dir(s, name), *state = vz_printf("%s/state", dir), *term = vz_enter_term();
	const char *const fixed[] = { running->runtime, "--root", state, "exec" };
	auto_texts struct vz_texts words = {0};
	struct vz_proc p = {0};

	if (find(running, argv[0], err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		vz_texts_add(&words, fixed[i]);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO))
		vz_texts_add(&words, "--tty");
	if (term) {
		vz_texts_add(&words, "--env");
		vz_texts_add(&words, term);
	}
	vz_texts_add(&words, name);
	for (; *argv; argv++)
		vz_texts_add(&words, *argv);
	vz_grow(words.v, words.n, words.cap);
	words.v[words.n] = NULL;
	p.argv = (const char *const *)words.v;
	return vz_proc_foreground(&p, ret_status, err);
}
