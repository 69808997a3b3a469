/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a command and hurts it at one of its system calls.
 *
 *     fault [-k N | -e ERROR:N] [-a] [-s DIR] [-t SECONDS] -o FILE COMMAND ARGS…
 *
 * -k N   kills it (SIGKILL, the command's process alone) before the N-th call
 * -e ERROR:N   the N-th call that can, fails: EIO, ENOSPC, EMFILE or EINTR
 * -a     counts all calls; else those that change something, or can fail with ERROR
 * -s DIR nothing counts before the first opening of something there: what comes before
 *        is the loader's
 *
 * Counted are the calls of all processes and threads that run the command's program;
 * other programs that it starts are let be.  FILE gets one line: how many there
 * were, and the name or number of the one that was hit.  Ends as the command did
 * (128 + signal), or with 124 if that takes too long, or 125 if something is still
 * running 10 seconds after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/calls.h"

#ifdef __x86_64__

#define MAX_TRACEES 512

struct tracee {
	pid_t pid;
	bool other;                      /* runs another program */
};

static struct {
	unsigned mask;                   /* which calls count */
	bool all;
	int error;                       /* 0: kill */
	unsigned long at, count;         /* at 0: only count */
	const char *start_dir, *out, *hit;
	bool started;
	unsigned seconds;
	char hit_number[16];
	pid_t command;
	struct stat program;
	int status;                      /* of the command, once `ended` */
	bool ended;
	struct tracee tracees[MAX_TRACEES];
	size_t n;
} run = { .mask = CALL_CHANGES, .seconds = 120, .hit = "-" };

static volatile sig_atomic_t time_is_up;

static void on_alarm(int sig)
{
	(void)sig;
	time_is_up = 1;
}

static void fail(const char *what)
{
	perror(what);
	exit(126);
}

/* ---- which ones ---- */

static const struct call *call_of(long nr)
{
	for (size_t i = 0; i < N_CALLS; i++)
		if (calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

static bool is_to_people(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_write && (r->rdi == 1 || r->rdi == 2);
}

static bool counts(const struct user_regs_struct *r)
{
	const struct call *c = call_of((long)r->orig_rax);
	const unsigned long makes = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);

	if (is_to_people(r))
		return false;
	if (run.all)
		return true;
	if (!c || !(c->mask & run.mask))
		return false;
	if (r->orig_rax == SYS_fcntl)
		return r->rsi == F_DUPFD || r->rsi == F_DUPFD_CLOEXEC;
	/* opening changes something only if it makes a file */
	return r->orig_rax != SYS_openat || !(run.mask & (CALL_CHANGES | CALL_ENOSPC)) || (r->rdx & makes);
}

/* Has the command come to its own work? */
static bool has_started(pid_t pid, const struct user_regs_struct *r)
{
	char path[4096] = "";
	struct iovec to = { path, strlen(run.start_dir ? run.start_dir : "") };
	struct iovec from = { (void *)(uintptr_t)r->rsi, to.iov_len };

	if (!run.start_dir || run.started)
		return true;
	if (r->orig_rax == SYS_openat && to.iov_len < sizeof path && process_vm_readv(pid, &to, 1, &from, 1, 0) > 0)
		run.started = !strcmp(path, run.start_dir);
	return run.started;
}

/* ---- tracees ---- */

static struct tracee *find(pid_t pid)
{
	for (size_t i = 0; i < run.n; i++)
		if (run.tracees[i].pid == pid)
			return &run.tracees[i];
	if (run.n == MAX_TRACEES) {
		fputs("too many processes\n", stderr);
		exit(126);
	}
	run.tracees[run.n] = (struct tracee){ .pid = pid };
	return &run.tracees[run.n++];
}

static void forget(pid_t pid)
{
	for (size_t i = 0; i < run.n; i++)
		if (run.tracees[i].pid == pid)
			run.tracees[i--] = run.tracees[--run.n];
}

static void look_at_program(struct tracee *t)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/exe", t->pid);
	t->other = stat(path, &st) < 0 || st.st_ino != run.program.st_ino || st.st_dev != run.program.st_dev;
}

/* ---- hurting ---- */

/* A call that is none is not made, and gives what is there already. */
static void make_it_fail(pid_t pid, struct user_regs_struct *r)
{
	r->orig_rax = ~0ULL;
	r->rax = (unsigned long long)-(long long)run.error;
	ptrace(PTRACE_SETREGS, pid, NULL, r);
}

static void on_call(struct tracee *t)
{
	struct user_regs_struct r;
	const struct call *c;

	if (t->other || run.ended || ptrace(PTRACE_GETREGS, t->pid, NULL, &r) < 0 || !has_started(t->pid, &r) || !counts(&r) ||
	    ++run.count != run.at)
		return;
	c = call_of((long)r.orig_rax);
	snprintf(run.hit_number, sizeof run.hit_number, "%llu", r.orig_rax);
	run.hit = c ? c->name : run.hit_number;
	if (run.error)
		make_it_fail(t->pid, &r);
	else
		kill(run.command, SIGKILL);
}

/* ---- following ---- */

static void on_stop(pid_t pid, int status)
{
	struct tracee *t = find(pid);
	int sig = WSTOPSIG(status), event = status >> 16;
	unsigned long new = 0;
	bool other;

	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		on_call(t);
		sig = 0;
		break;
	case PTRACE_EVENT_FORK: case PTRACE_EVENT_VFORK: case PTRACE_EVENT_CLONE:
		other = t->other;
		if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &new) == 0 && new)
			find((pid_t)new)->other = other;
		sig = 0;
		break;
	case PTRACE_EVENT_EXEC:
		look_at_program(t);
		sig = 0;
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			ptrace(PTRACE_LISTEN, pid, NULL, NULL);
			return;
		}
		sig = 0;
		break;
	}
	ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)sig);
}

static void kill_all(void)
{
	for (size_t i = 0; i < run.n; i++)
		kill(run.tracees[i].pid, SIGKILL);
}

/* Until nobody is left. */
static int follow(void)
{
	int late = 0, status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == ECHILD)
			break;
		if (time_is_up && !late) {
			late = run.ended ? 125 : 124;
			kill_all();
		}
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			on_stop(pid, status);
			continue;
		}
		forget(pid);
		if (pid == run.command) {
			run.ended = true;
			run.status = status;
			alarm(10);
		}
	}
	if (late)
		return late;
	return WIFSIGNALED(run.status) ? 128 + WTERMSIG(run.status) : WEXITSTATUS(run.status);
}

/* ---- beginning ---- */

static void filter_calls(void)
{
	struct sock_filter code[2 * N_CALLS + 2];
	struct sock_fprog program = { .filter = code };
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N_CALLS && !run.all; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].nr, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, run.all ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW);
	program.len = n;
	/* as root, without no_new_privs, which the command may not have */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		fail("seccomp");
}

static void start(char **argv)
{
	int go[2];
	char byte;

	if (stat(argv[0], &run.program) < 0 || pipe2(go, O_CLOEXEC) < 0)
		fail(argv[0]);
	run.command = fork();
	if (run.command < 0)
		fail("fork");
	if (run.command == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) != 0)
			_exit(126);
		filter_calls();
		execv(argv[0], argv);
		fail(argv[0]);
	}
	close(go[0]);
	find(run.command)->other = true;         /* until it runs the program */
	if (ptrace(PTRACE_SEIZE, run.command, NULL, (void *)(uintptr_t)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
			PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)) < 0)
		fail("ptrace");
	close(go[1]);
}

static void parse_error(const char *arg)
{
	static const struct { const char *name; int error; unsigned mask; } errors[] = {
		{ "EIO", EIO, CALL_EIO }, { "ENOSPC", ENOSPC, CALL_ENOSPC },
		{ "EMFILE", EMFILE, CALL_EMFILE }, { "EINTR", EINTR, CALL_EINTR },
	};
	const char *colon = strchr(arg, ':');

	for (size_t i = 0; colon && i < sizeof errors / sizeof *errors; i++)
		if (strlen(errors[i].name) == (size_t)(colon - arg) && !strncmp(errors[i].name, arg, (size_t)(colon - arg))) {
			run.error = errors[i].error;
			run.mask = errors[i].mask;
			run.at = strtoul(colon + 1, NULL, 10);
			return;
		}
	fprintf(stderr, "fault: no error to make: '%s'\n", arg);
	exit(126);
}

int main(int argc, char **argv)
{
	struct sigaction alarmed = { .sa_handler = on_alarm };
	int opt, status;
	FILE *out;

	while ((opt = getopt(argc, argv, "+k:e:as:t:o:")) != -1)
		switch (opt) {
		case 'k': run.at = strtoul(optarg, NULL, 10); break;
		case 'e': parse_error(optarg); break;
		case 'a': run.all = true; break;
		case 's': run.start_dir = optarg; break;
		case 't': run.seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'o': run.out = optarg; break;
		default: return 126;
		}
	if (optind == argc || !run.out)
		return 126;
	sigaction(SIGALRM, &alarmed, NULL);
	start(argv + optind);
	alarm(run.seconds);
	status = follow();
	out = fopen(run.out, "w");
	if (!out || fprintf(out, "%lu %s\n", run.count, run.hit) < 0 || fclose(out) != 0)
		fail(run.out);
	return status;
}

#else

int main(void)
{
	fputs("fault: not for this architecture\n", stderr);
	return 77;
}

#endif
