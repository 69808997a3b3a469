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
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include "tests/fault/calls.h"
#include "tests/fault/trace.h"

#ifdef __x86_64__

static struct {
	unsigned mask;                   /* which calls count */
	bool all;
	int error;                       /* 0: kill */
	unsigned long at, count;         /* at 0: only count */
	const char *start_dir, *out, *hit;
	bool started;
	unsigned seconds;
	char hit_number[16];
} run = { .mask = CALL_CHANGES, .seconds = 120, .hit = "-" };

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

/* ---- hurting ---- */

/* A call that is none is not made, and gives what is there already. */
static void make_it_fail(pid_t pid, struct user_regs_struct *r)
{
	r->orig_rax = ~0ULL;
	r->rax = (unsigned long long)-(long long)run.error;
	ptrace(PTRACE_SETREGS, pid, NULL, r);
}

static void on_call(struct trace *t, pid_t pid, struct user_regs_struct *r)
{
	const struct call *c;

	if (!has_started(pid, r) || !counts(r) || ++run.count != run.at)
		return;
	c = call_of((long)r->orig_rax);
	snprintf(run.hit_number, sizeof run.hit_number, "%llu", r->orig_rax);
	run.hit = c ? c->name : run.hit_number;
	if (run.error)
		make_it_fail(pid, r);
	else
		kill(t->command, SIGKILL);
}

/* ---- beginning ---- */

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
	struct trace trace = { .on_call = on_call };
	long numbers[N_CALLS];
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
	for (size_t i = 0; i < N_CALLS; i++)
		numbers[i] = calls[i].nr;
	trace.calls = numbers;
	trace.n_calls = run.all ? 0 : N_CALLS;
	trace.seconds = run.seconds;
	status = trace_run(&trace, argv + optind);
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
