/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/inject.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/fd.h"

#ifdef __x86_64__

#define VDSO_MAX 16384
#define RED_ZONE 128
#define USER_CS_64 0x33          /* arch/x86/include/asm/segment.h: __USER_CS */

static const unsigned char syscall_insn[] = { 0x0f, 0x05 };

static int open_proc(pid_t tid, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", tid, what);
	return open(path, flags | O_CLOEXEC);
}

/* Where the thread's program has a system call instruction; 0: nowhere that we know. */
static uint64_t find_syscall(pid_t tid, int mem)
{
	auto_fd int auxv = open_proc(tid, "auxv", O_RDONLY);
	auto_free char *code = vz_alloc(VDSO_MAX);
	Elf64_auxv_t entry;
	uint64_t at = 0;
	ssize_t n = 0;
	char *found;

	while (auxv >= 0 && !at && read(auxv, &entry, sizeof entry) == sizeof entry && entry.a_type != AT_NULL)
		if (entry.a_type == AT_SYSINFO_EHDR)
			at = entry.a_un.a_val;
	for (ssize_t got = 1; at && got > 0 && n < VDSO_MAX; n += got > 0 ? got : 0)
		got = pread(mem, code + n, (size_t)(4096 - n % 4096), (off_t)at + n);
	found = memmem(code, (size_t)n, syscall_insn, sizeof syscall_insn);
	return found ? at + (uint64_t)(found - code) : 0;
}

/* Is it under a seccomp filter that we cannot suspend for a moment: it might kill the process. */
static bool is_filtered(pid_t tid)
{
	auto_fd int fd = open_proc(tid, "status", O_RDONLY);
	char text[8192], *line;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	text[n < 0 ? 0 : n] = 0;
	line = strstr(text, "\nSeccomp:");
	if (line && atoi(line + strlen("\nSeccomp:")) == 0)
		return false;
	return ptrace(PTRACE_SETOPTIONS, tid, NULL, (long)PTRACE_O_SUSPEND_SECCOMP) < 0;
}

static int get_regs(pid_t tid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof *regs };

	return ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &iov) < 0 || iov.iov_len != sizeof *regs ? -1 : 0;
}

static int set_regs(pid_t tid, const struct user_regs_struct *regs)
{
	struct iovec iov = { (void *)regs, sizeof *regs };

	return (int)ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &iov);
}

/* One step over the instruction, with all signals blocked. `ret`: what the call returned. */
static const char *step(pid_t tid, const struct user_regs_struct *regs, int64_t *ret)
{
	struct user_regs_struct after;
	uint64_t mask, all = ~UINT64_C(0);
	const char *why = NULL;
	int status = 0;

	if (ptrace(PTRACE_GETSIGMASK, tid, sizeof mask, &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, tid, sizeof all, &all) < 0)
		return "its signals cannot be blocked";
	if (set_regs(tid, regs) < 0 || ptrace(PTRACE_SINGLESTEP, tid, NULL, NULL) < 0)
		why = "it cannot be continued";
	else if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
		return "it has ended";
	else if (WSTOPSIG(status) != SIGTRAP || get_regs(tid, &after) < 0)
		why = "it was stopped by a signal";
	else
		*ret = (int64_t)after.rax;
	ptrace(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
	return why;
}

static const char *say(int64_t result)
{
	switch (-result) {
	case 0:
		return NULL;
	case ENOENT:
	case ENOTDIR:
		return "its working directory is not in the new version";
	case EACCES:
		return "it may not enter its working directory again";
	default:
		return "it cannot change its working directory";
	}
}

const char *vz_inject_chdir(pid_t tid, const char *path)
{
	auto_fd int mem = open_proc(tid, "mem", O_RDWR);
	struct user_regs_struct before, regs;
	size_t len = strlen(path) + 1;
	int64_t result = 0;
	const char *why;

	if (mem < 0 || get_regs(tid, &before) < 0)
		return "its memory cannot be reached";
	if (before.cs != USER_CS_64)
		return "it is a 32-bit program";
	if (is_filtered(tid))
		return "a seccomp filter is on it";
	regs = before;
	regs.rip = find_syscall(tid, mem);
	regs.rdi = (before.rsp - RED_ZONE - len) & ~UINT64_C(15);
	regs.rax = SYS_chdir;
	regs.orig_rax = ~UINT64_C(0);        /* not in a system call: nothing to be restarted before this one */
	if (!regs.rip || pwrite(mem, path, len, (off_t)regs.rdi) != (ssize_t)len)
		return "there is no room in it for a system call";
	why = step(tid, &regs, &result);
	set_regs(tid, &before);
	ptrace(PTRACE_SETOPTIONS, tid, NULL, 0L);
	return why ? why : say(result);
}

#else

const char *vz_inject_chdir(pid_t tid, const char *path)
{
	(void)tid;
	(void)path;
	return "vzpkg cannot do that on this processor";
}

#endif
