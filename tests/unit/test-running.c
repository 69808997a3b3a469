/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "link/running.h"

/* The records stand below /run. */
__attribute__((constructor)) static void running_needs(void)
{
	if (geteuid() == 0)
		return;
	puts("needs root");
	exit(getenv("VZ_MUST_WORK") ? 1 : 77);
}

static struct vz_store *store_new(const char *dir)
{
	auto_free char *root = vz_printf("%s/store", dir);
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

START_TEST(test_record)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = store_new(dir);
	struct vz_running r = { .runtime = (char *)"/usr/sbin/runc", .since = 5 };
	auto_running struct vz_running got = {0};
	auto_free char *where = vz_running_dir(s, "web"), *other = vz_running_dir(s, "db");
	auto_fd int fd = -1;
	struct vz_err err = {0};
	pid_t pid = sleeper();

	ck_assert_str_ne(where, other);
	ck_assert(!vz_running_look(s, "web", NULL));
	ck_assert(!vz_running_look(s, "../web", NULL));
	must(vz_running_clear(s, "web", &err));
	/* without a process it does not run */
	must(vz_running_write(s, "web", &r, &err));
	ck_assert(!vz_running_look(s, "web", NULL));
	must(vz_running_identify(&r, pid, &err));
	must(vz_running_write(s, "web", &r, &err));
	ck_assert(vz_running_look(s, "web", &got));
	ck_assert_int_eq((pid_t)got.pid, pid);
	ck_assert_str_eq(got.runtime, "/usr/sbin/runc");
	ck_assert(got.since == 5 && *got.boot);
	fd = vz_running_open(&got);
	ck_assert_int_ge(fd, 0);
	ck_assert(!vz_running_look(s, "db", NULL));
	end(pid);
	ck_assert_int_eq(vz_running_open(&got), -1);
	ck_assert(!vz_running_look(s, "web", NULL));
	must_fail(vz_running_identify(&r, pid, &err), VZ_FAILED, "has ended");
	must(vz_running_clear(s, "web", &err));
	ck_assert_int_eq(access(where, F_OK), -1);
	free(r.boot);
}
END_TEST

/* Another process with that number, or another boot, is not the one. */
START_TEST(test_other)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = store_new(dir);
	struct vz_running r = { .runtime = (char *)"runc", .since = 5 };
	auto_free char *where = vz_running_dir(s, "web"), *path = vz_printf("%s/running.json", where);
	auto_running struct vz_running got = {0};
	struct vz_err err = {0};
	pid_t pid = sleeper();
	int status;

	must(vz_running_identify(&r, pid, &err));
	r.ticks++;
	must(vz_running_write(s, "web", &r, &err));
	ck_assert(!vz_running_look(s, "web", NULL));
	r.ticks--;
	must(vz_running_write(s, "web", &r, &err));
	ck_assert(vz_running_look(s, "web", &got));
	got.boot[0] ^= 1;
	ck_assert_int_eq(vz_running_open(&got), -1);
	must(vz_write_file(AT_FDCWD, path, "{}\n", 3, 0600, &err));
	ck_assert(!vz_running_look(s, "web", NULL));
	must(vz_running_clear(s, "web", &err));
	/* none of these ended a process that is not ours to end */
	ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
	end(pid);
	free(r.boot);
}
END_TEST

START_TEST(test_clear_ends)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = store_new(dir);
	struct vz_running r = { .runtime = (char *)"runc", .since = 5 };
	struct vz_err err = {0};
	pid_t pid = sleeper();
	int status = 0;

	must(vz_running_identify(&r, pid, &err));
	must(vz_running_write(s, "web", &r, &err));
	must(vz_running_clear(s, "web", &err));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert(!vz_running_look(s, "web", NULL));
	free(r.boot);
}
END_TEST

UNIT_MAIN("running", test_record, test_other, test_clear_ends)
