/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child that is killed when it is about to make its n-th system call that changes something: files, mounts,
 * name spaces.  What it has done then is what it had done after the one before, so these are all the places
 * there are, but for those in which it has another process in its hands (link/inject.h).
 */
#ifndef TESTS_KILLED_H
#define TESTS_KILLED_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Has the tracer hear of those calls only. */
static inline int killed_filter(void)
{
	static const int calls[] = {
		SYS_renameat2, SYS_renameat, SYS_rename, SYS_unlinkat, SYS_unlink, SYS_mkdirat, SYS_mkdir, SYS_write, SYS_fsync,
		SYS_syncfs, SYS_linkat, SYS_symlinkat, SYS_mknodat, SYS_fchownat, SYS_fchmodat, SYS_utimensat, SYS_lsetxattr,
		SYS_fsconfig, SYS_fsmount, SYS_move_mount, SYS_open_tree, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_setns,
		SYS_unshare, SYS_copy_file_range,
	};
	enum { N = sizeof calls / sizeof *calls };
	struct sock_filter code[N + 8];
	struct sock_fprog program = { 0, code };
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned char i = 0; i < N; i++)
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], N + 3 - i, 0);
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 2);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Kills `pid`, and lets all its threads end. */
static inline void killed_end(pid_t pid)
{
	int status;
	pid_t got;

	kill(pid, SIGKILL);
	while ((got = waitpid(-1, &status, __WALL)) > 0)
		if (got == pid && (WIFEXITED(status) || WIFSIGNALED(status)))
			return;
	ck_abort_msg("the child is gone");
}

/* Runs `fn(arg)` so. False: it came to its end before; `ret_status` is its exit status then. No other child may end
 * meanwhile. */
static inline bool killed_at(unsigned n, int (*fn)(void *arg), void *arg, int *ret_status)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE;
	pid_t pid = fork(), got;
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(killed_filter() < 0 ? 254 : fn(arg));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, pid, NULL, options), 0);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	while ((got = waitpid(-1, &status, __WALL)) > 0) {
		const bool is_signal = WIFSTOPPED(status) && status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP;

		if ((WIFEXITED(status) || WIFSIGNALED(status)) && got == pid) {
			*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
			return false;
		}
		if (WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_SECCOMP && --n == 0) {
			killed_end(pid);
			return true;
		}
		ptrace(PTRACE_CONT, got, NULL, (long)(is_signal ? WSTOPSIG(status) : 0));
	}
	ck_abort_msg("the child is gone: %s", strerror(errno));
}

#endif
