/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fault/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TRACEES 512
#define MAX_CALLS 256

struct tracee {
	pid_t pid;
	bool other;                      /* runs another program */
};

static struct {
	struct trace *trace;
	struct stat program;
	int status;                      /* of the command, once it ended */
	struct tracee tracees[MAX_TRACEES];
	size_t n;
} run;

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

/* ---- following ---- */

static void on_call(const struct tracee *t)
{
	struct user_regs_struct r;

	if (!t->other && !run.trace->ended && ptrace(PTRACE_GETREGS, t->pid, NULL, &r) == 0)
		run.trace->on_call(run.trace, t->pid, &r);
}

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
			late = run.trace->ended ? 125 : 124;
			kill_all();
		}
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			on_stop(pid, status);
			continue;
		}
		forget(pid);
		if (pid == run.trace->command) {
			run.trace->ended = true;
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
	const struct trace *t = run.trace;
	struct sock_filter code[2 * MAX_CALLS + 2];
	struct sock_fprog program = { .filter = code };
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < t->n_calls && i < MAX_CALLS; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)t->calls[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, !t->n_calls ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW);
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
	run.trace->command = fork();
	if (run.trace->command < 0)
		fail("fork");
	if (run.trace->command == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) != 0)
			_exit(126);
		filter_calls();
		execv(argv[0], argv);
		fail(argv[0]);
	}
	close(go[0]);
	find(run.trace->command)->other = true;         /* until it runs the program */
	if (ptrace(PTRACE_SEIZE, run.trace->command, NULL, (void *)(uintptr_t)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
			PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)) < 0)
		fail("ptrace");
	close(go[1]);
}

int trace_run(struct trace *t, char **argv)
{
	struct sigaction alarmed = { .sa_handler = on_alarm };

	run.trace = t;
	sigaction(SIGALRM, &alarmed, NULL);
	start(argv);
	alarm(t->seconds);
	return follow();
}
