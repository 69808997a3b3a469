/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/quiesce.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "link/inject.h"

#define ROUNDS 50                /* of looking for threads that were made while others were stopped */
#define PATIENCE_US 500000       /* for a thread to stop */
#define EVENT_STOP (PTRACE_EVENT_STOP << 8)

static bool is_on(pid_t pid, pid_t tid, const char *what, dev_t dev)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, what);
	return stat(path, &st) == 0 && st.st_dev == dev;
}

void vz_command_of(pid_t pid, char ret[16])
{
	auto_free char *path = vz_printf("/proc/%d/comm", pid);
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, ret, 15);

	ret[n < 0 ? 0 : n] = 0;
	ret[strcspn(ret, "\n")] = 0;
}

void vz_thread_look(struct vz_thread *t, dev_t dev)
{
	t->root_in = is_on(t->pid, t->tid, "root", dev);
	t->cwd_in = is_on(t->pid, t->tid, "cwd", dev);
}

static uint64_t namespace_of(pid_t pid, pid_t tid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/task/%d/ns/mnt", pid, tid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static struct vz_thread *find(struct vz_quiesce *q, pid_t tid)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->threads[i].tid == tid)
			return &q->threads[i];
	return NULL;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Waits till an interrupted thread has stopped; signals that come before are passed on. False: it has ended. */
static bool await_stop(struct vz_thread *t)
{
	uint64_t end = now_us() + PATIENCE_US;
	int status;

	while (now_us() < end) {
		pid_t pid = waitpid(t->tid, &status, __WALL | WNOHANG);

		if (pid < 0 || (pid > 0 && !WIFSTOPPED(status)))
			return false;
		if (pid == 0) {
			nanosleep(&(struct timespec){ 0, 20000 }, NULL);
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_STOP) {
			t->held = true;
			return true;
		}
		ptrace(PTRACE_CONT, t->tid, NULL, (long)WSTOPSIG(status));
	}
	t->why = "it does not stop";
	return true;
}

static void hurry(struct vz_quiesce *q)
{
	const struct sched_param first = { .sched_priority = sched_get_priority_min(SCHED_RR) };
	struct sched_param was = {0};
	int policy = sched_getscheduler(0);

	if (policy < 0 || policy == SCHED_RR || policy == SCHED_FIFO || sched_getparam(0, &was) < 0 ||
	    sched_setscheduler(0, SCHED_RR, &first) < 0)
		return;
	q->hurried = true;
	q->policy = policy;
	q->priority = was.sched_priority;
}

static void slow_down(const struct vz_quiesce *q)
{
	if (q->hurried)
		sched_setscheduler(0, q->policy, &(struct sched_param){ .sched_priority = q->priority });
}

/* 1: a thread that was not known. */
static int add_thread(struct vz_quiesce *q, pid_t pid, pid_t tid)
{
	struct vz_thread t = { .pid = pid, .tid = tid };
	uint64_t end = now_us() + PATIENCE_US;

	if (find(q, tid))
		return 0;
	vz_thread_look(&t, q->dev);
	if (!t.root_in && !t.cwd_in)
		return 0;
	t.ns = namespace_of(pid, tid);
	/* a command that is just being started is traced by its pid 1, shortly */
	while (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0) {
		if (errno == ESRCH)
			return 0;
		if (now_us() > end) {
			t.why = "something else traces it";
			break;
		}
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	t.seized = !t.why;
	if (t.seized && !q->since_us) {
		q->since_us = now_us();
		hurry(q);
	}
	if (t.seized)
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	vz_grow(q->threads, q->n, q->cap);
	q->threads[q->n++] = t;
	return 1;
}

/* Calls `each` for the numbers that are names in a directory of /proc. */
static int each_number(struct vz_quiesce *q, const char *path, pid_t pid, int (*each)(struct vz_quiesce *, pid_t, pid_t),
		       int *ret_added)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return -1;
	while ((e = readdir(d)))
		if (isdigit((unsigned char)*e->d_name))
			*ret_added += each(q, pid, (pid_t)atoi(e->d_name));
	closedir(d);
	return 0;
}

static bool is_in(const struct vz_quiesce *q, pid_t pid)
{
	return is_on(pid, pid, "root", q->dev) || is_on(pid, pid, "cwd", q->dev);
}

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * A host may have thousands of processes, and most have nothing to do with it: while
 * we hold, only those that have, and new ones, are worth a look.  One of the others
 * that joins meanwhile (setns(2)) has the namespace's root directory, which pivot_root(2)
 * changes for it, too.
 */
static int note_other(struct vz_quiesce *q, pid_t none, pid_t pid)
{
	(void)none;
	if (is_in(q, pid))
		return 0;
	vz_grow(q->others, q->n_others, q->cap_others);
	q->others[q->n_others++] = pid;
	return 0;
}

static int add_process(struct vz_quiesce *q, pid_t none, pid_t pid)
{
	char path[32];
	int added = 0;

	(void)none;
	if (q->n_others && bsearch(&pid, q->others, q->n_others, sizeof pid, by_number))
		return 0;
	if (pid == getpid() || !is_in(q, pid))
		return 0;
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	each_number(q, path, pid, add_thread, &added);
	return added;
}

static int hold(struct vz_quiesce *ret, struct vz_err *err)
{
	for (int round = 0; round < ROUNDS; round++) {
		size_t known = ret->n, kept = ret->n;
		int added = 0;

		if (each_number(ret, "/proc", 0, add_process, &added) < 0)
			return vz_err_sys(err, "read '/proc'");
		if (!added)
			break;
		for (size_t i = known; i < ret->n; i++)
			if (ret->threads[i].why || await_stop(&ret->threads[i]))
				ret->threads[kept++] = ret->threads[i];
		ret->n = kept;
	}
	return 0;
}

int vz_quiesce_begin(dev_t dev, struct vz_quiesce *ret, struct vz_err *err)
{
	int ignored = 0;

	*ret = (struct vz_quiesce){ .dev = dev };
	each_number(ret, "/proc", 0, note_other, &ignored);
	if (ret->n_others)
		qsort(ret->others, ret->n_others, sizeof *ret->others, by_number);
	if (hold(ret, err) == 0)
		return 0;
	vz_quiesce_end(ret);
	return -1;
}

/* One that was killed meanwhile stays a zombie until its tracer has taken note. */
static void let_go(struct vz_thread *t)
{
	if (!t->held && !await_stop(t))
		return;
	if (ptrace(PTRACE_DETACH, t->tid, NULL, NULL) < 0 && errno == ESRCH)
		await_stop(t);
}

uint64_t vz_quiesce_end(struct vz_quiesce *q)
{
	uint64_t held;

	for (size_t i = 0; i < q->n; i++)
		if (q->threads[i].seized)
			let_go(&q->threads[i]);
	held = q->since_us ? now_us() - q->since_us : 0;
	slow_down(q);
	free(q->threads);
	free(q->others);
	*q = (struct vz_quiesce){0};
	return held;
}

void vz_quiesce_move_cwd(struct vz_thread *t)
{
	char link[64], cwd[4096];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof link, "/proc/%d/task/%d/cwd", t->pid, t->tid);
	n = readlink(link, cwd, sizeof cwd - 1);
	if (!t->held || n < 1)
		return;
	cwd[n] = 0;
	if (stat(link, &st) < 0 || st.st_nlink == 0)
		t->why = "its working directory was removed";
	else if (*cwd != '/')
		t->why = "its working directory has no path";
	else
		t->why = vz_inject_chdir(t->tid, cwd);
}
