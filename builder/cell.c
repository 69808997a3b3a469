/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/cell.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "link/fs.h"

#define SECONDS 300
#define NOBODY 65534

struct call {
	vz_proc_fn fn;
	void *arg;
	pid_t parent;
};

/* A file system in memory: nothing has to be synced, and there is no path to it from outside. */
static int enter_empty_root(struct vz_err *err)
{
	auto_fd int fs = vz_fs_open("tmpfs", err), root = -1;

	if (fs < 0)
		return -1;
	root = vz_fs_mount(fs, "tmpfs", 0, err);
	if (root < 0)
		return -1;
	if (fchdir(root) < 0 || chroot(".") < 0 || chown(".", NOBODY, NOBODY) < 0)
		return vz_err_sys(err, "enter an empty root directory");
	return 0;
}

static int become_nobody(const struct call *c, struct vz_err *err)
{
	const struct rlimit none = { 0, 0 };

	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_NPROC, &none) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return vz_err_sys(err, "give up root's rights");
	/* which a change of rights has taken away */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return vz_err_sys(err, "prctl");
	return getppid() == c->parent ? 0 : vz_err_set(err, VZ_FAILED, "the calling process has ended");
}

static int inside(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	const struct call *c = arg;

	if (enter_empty_root(err) < 0 || become_nobody(c, err) < 0)
		return -1;
	return c->fn(c->arg, ret, err);
}

int vz_cell_call(vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err)
{
	struct call c = { fn, arg, getpid() };

	return vz_proc_call_within(SECONDS, inside, &c, ret, err);
}
