/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a command and writes down each name that it gives to the kernel.
 *
 *     watch -o FILE COMMAND ARGS…
 *
 * FILE gets a line for each: "w" if the call would make, change or remove what has the
 * name, "r" if it would only look; then the name, absolute as the process meant it,
 * whether the call succeeds or not.  Names within a directory that the kernel is told
 * to stay in (openat2) are written as the others.  Ends as the command did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/fault/trace.h"

#ifdef __x86_64__

#define NONE (-1)
#define HERE (-2)                        /* a name relative to the working directory */

/* Where a call has its names: the arguments with the directory and the name; up to two. */
static const struct path_call {
	long nr;
	char kind;                       /* 'o': the flags in argument `flags` tell */
	int dir, name, dir2, name2, flags;
} path_calls[] = {
	{ SYS_open, 'o', HERE, 0, NONE, NONE, 1 },         { SYS_openat, 'o', 0, 1, NONE, NONE, 2 },
	{ SYS_openat2, 'O', 0, 1, NONE, NONE, 2 },         { SYS_creat, 'w', HERE, 0, NONE, NONE, 0 },
	{ SYS_stat, 'r', HERE, 0, NONE, NONE, 0 },         { SYS_lstat, 'r', HERE, 0, NONE, NONE, 0 },
	{ SYS_newfstatat, 'r', 0, 1, NONE, NONE, 0 },      { SYS_statx, 'r', 0, 1, NONE, NONE, 0 },
	{ SYS_access, 'r', HERE, 0, NONE, NONE, 0 },       { SYS_faccessat, 'r', 0, 1, NONE, NONE, 0 },
	{ SYS_faccessat2, 'r', 0, 1, NONE, NONE, 0 },      { SYS_readlink, 'r', HERE, 0, NONE, NONE, 0 },
	{ SYS_readlinkat, 'r', 0, 1, NONE, NONE, 0 },      { SYS_statfs, 'r', HERE, 0, NONE, NONE, 0 },
	{ SYS_getxattr, 'r', HERE, 0, NONE, NONE, 0 },     { SYS_lgetxattr, 'r', HERE, 0, NONE, NONE, 0 },
	{ SYS_chdir, 'r', HERE, 0, NONE, NONE, 0 },        { SYS_chroot, 'r', HERE, 0, NONE, NONE, 0 },
	{ SYS_execve, 'r', HERE, 0, NONE, NONE, 0 },       { SYS_execveat, 'r', 0, 1, NONE, NONE, 0 },
	{ SYS_name_to_handle_at, 'r', 0, 1, NONE, NONE, 0 }, { SYS_open_tree, 'r', 0, 1, NONE, NONE, 0 },
	{ SYS_mkdir, 'w', HERE, 0, NONE, NONE, 0 },        { SYS_mkdirat, 'w', 0, 1, NONE, NONE, 0 },
	{ SYS_mknod, 'w', HERE, 0, NONE, NONE, 0 },        { SYS_mknodat, 'w', 0, 1, NONE, NONE, 0 },
	{ SYS_unlink, 'w', HERE, 0, NONE, NONE, 0 },       { SYS_unlinkat, 'w', 0, 1, NONE, NONE, 0 },
	{ SYS_rmdir, 'w', HERE, 0, NONE, NONE, 0 },        { SYS_rename, 'w', HERE, 0, HERE, 1, 0 },
	{ SYS_renameat, 'w', 0, 1, 2, 3, 0 },              { SYS_renameat2, 'w', 0, 1, 2, 3, 0 },
	{ SYS_link, 'w', HERE, 0, HERE, 1, 0 },            { SYS_linkat, 'w', 0, 1, 2, 3, 0 },
	{ SYS_symlink, 'w', HERE, 1, NONE, NONE, 0 },      { SYS_symlinkat, 'w', 1, 2, NONE, NONE, 0 },
	{ SYS_chmod, 'w', HERE, 0, NONE, NONE, 0 },        { SYS_fchmodat, 'w', 0, 1, NONE, NONE, 0 },
	{ SYS_chown, 'w', HERE, 0, NONE, NONE, 0 },        { SYS_lchown, 'w', HERE, 0, NONE, NONE, 0 },
	{ SYS_fchownat, 'w', 0, 1, NONE, NONE, 0 },        { SYS_truncate, 'w', HERE, 0, NONE, NONE, 0 },
	{ SYS_utimensat, 'w', 0, 1, NONE, NONE, 0 },       { SYS_setxattr, 'w', HERE, 0, NONE, NONE, 0 },
	{ SYS_lsetxattr, 'w', HERE, 0, NONE, NONE, 0 },    { SYS_removexattr, 'w', HERE, 0, NONE, NONE, 0 },
	{ SYS_lremovexattr, 'w', HERE, 0, NONE, NONE, 0 }, { SYS_mount, 'w', HERE, 1, NONE, NONE, 0 },
	{ SYS_umount2, 'w', HERE, 0, NONE, NONE, 0 },      { SYS_move_mount, 'w', 0, 1, 2, 3, 0 },
};
#define N_PATH_CALLS (sizeof path_calls / sizeof *path_calls)

static FILE *out;

static unsigned long long argument(const struct user_regs_struct *r, int i)
{
	const unsigned long long all[] = { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 };

	return all[i];
}

/* Page by page, as the next one may not be there. */
static bool read_string(pid_t pid, unsigned long long at, char *ret, size_t size)
{
	for (size_t n = 0; at && n < size;) {
		size_t len = 4096 - at % 4096;
		struct iovec to = { ret + n, len < size - n ? len : size - n }, from = { (void *)(uintptr_t)at, to.iov_len };

		if (process_vm_readv(pid, &to, 1, &from, 1, 0) <= 0)
			return false;
		if (memchr(ret + n, 0, to.iov_len))
			return true;
		n += to.iov_len;
		at += to.iov_len;
	}
	return false;
}

static void put_name(char kind, pid_t pid, int dirfd, unsigned long long at)
{
	char name[8192], link[64], dir[4096];
	ssize_t n;

	/* no name: it is the descriptor's, which had one when it was opened */
	if (!read_string(pid, at, name, sizeof name) || !*name)
		return;
	if (*name == '/') {
		fprintf(out, "%c %s\n", kind, name);
		return;
	}
	if (dirfd == AT_FDCWD)
		snprintf(link, sizeof link, "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, dirfd);
	n = readlink(link, dir, sizeof dir);
	fprintf(out, "%c %.*s/%s\n", kind, n < 0 ? 1 : (int)n, n < 0 ? "?" : dir, name);
}

static bool flags_change(pid_t pid, const struct path_call *c, const struct user_regs_struct *r)
{
	unsigned long long flags = argument(r, c->flags);
	struct iovec to = { &flags, sizeof flags }, from = { (void *)(uintptr_t)flags, sizeof flags };

	if (c->kind == 'O' && process_vm_readv(pid, &to, 1, &from, 1, 0) <= 0)
		return true;
	return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
}

static void on_call(struct trace *t, pid_t pid, struct user_regs_struct *r)
{
	(void)t;
	for (size_t i = 0; i < N_PATH_CALLS; i++) {
		const struct path_call *c = &path_calls[i];
		char kind = c->kind;

		if (c->nr != (long)r->orig_rax)
			continue;
		if (kind == 'o' || kind == 'O')
			kind = flags_change(pid, c, r) ? 'w' : 'r';
		put_name(kind, pid, c->dir == HERE ? AT_FDCWD : (int)argument(r, c->dir), argument(r, c->name));
		if (c->name2 != NONE)
			put_name(kind, pid, c->dir2 == HERE ? AT_FDCWD : (int)argument(r, c->dir2), argument(r, c->name2));
	}
}

int main(int argc, char **argv)
{
	struct trace trace = { .on_call = on_call, .seconds = 300 };
	long numbers[N_PATH_CALLS];
	int status;

	if (argc < 4 || strcmp(argv[1], "-o") != 0)
		return 126;
	out = fopen(argv[2], "we");
	if (!out) {
		perror(argv[2]);
		return 126;
	}
	for (size_t i = 0; i < N_PATH_CALLS; i++)
		numbers[i] = path_calls[i].nr;
	trace.calls = numbers;
	trace.n_calls = N_PATH_CALLS;
	status = trace_run(&trace, argv + 3);
	return fclose(out) == 0 ? status : 126;
}

#else

int main(void)
{
	fputs("watch: not for this architecture\n", stderr);
	return 77;
}

#endif
