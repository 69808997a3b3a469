/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/running.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/cgroups.h"
#include "link/oci.h"
#include "store/document.h"

#define RUN_DIR "/run/vzpkg"
#define MAX_RECORD 65536
#define PATIENCE_MS 10000                /* of a process that was killed, to be gone */
#define CONSOLE_ROUNDS 300               /* of CONSOLE_PAUSE_NS, for the last of what was printed */
#define CONSOLE_PAUSE_NS 10000000
#define MEMBER(name) offsetof(struct vz_running, name)

static const struct vz_member members[] = {
	{ "runtime", VZ_MEMBER_TEXT, MEMBER(runtime), false },
	{ "boot", VZ_MEMBER_TEXT, MEMBER(boot), false },
	{ "pid", VZ_MEMBER_COUNT, MEMBER(pid), true },
	{ "ticks", VZ_MEMBER_COUNT, MEMBER(ticks), true },
	{ "since", VZ_MEMBER_TIME, MEMBER(since), false },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-running 1", "record of what runs", members };

void vz_running_release(struct vz_running *r)
{
	vz_document_release(&kind, r);
	*r = (struct vz_running){0};
}

char *vz_running_dir(const struct vz_store *s, const char *env)
{
	struct stat st = {0};

	fstat(vz_store_fd(s), &st);
	return vz_printf(RUN_DIR "/%jx-%ju.%s", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, env);
}

char *vz_running_cgroup(const struct vz_store *s, const char *env)
{
	auto_free char *dir = vz_running_dir(s, env);

	return vz_printf("/vzpkg/%s", strrchr(dir, '/') + 1);
}

static char *boot_id(void)
{
	auto_buf struct vz_buf id = {0};
	struct vz_err unused;

	if (vz_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &id, &unused) < 0)
		return vz_strdup("");
	return vz_strndup(id.data, strcspn(id.data, "\n"));
}

/* ---- processes ---- */

/* When a process began; 0: it has ended, though nobody may have taken note yet. */
static uint64_t began(uint64_t pid)
{
	auto_free char *path = vz_printf("/proc/%ju/stat", (uintmax_t)pid);
	auto_buf struct vz_buf text = {0};
	unsigned long long ticks = 0;
	struct vz_err unused;
	char *end, state;

	if (vz_read_file(AT_FDCWD, path, 8192, &text, &unused) < 0)
		return 0;
	/* the name before may have anything in it */
	end = strrchr(text.data, ')');
	if (!end || sscanf(end, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state,
			   &ticks) != 2)
		return 0;
	return strchr("ZX", state) ? 0 : ticks;
}

static bool lives(const struct vz_running *r)
{
	auto_free char *boot = boot_id();

	return r->pid && r->pid <= INT32_MAX && !strcmp(r->boot, boot) && began(r->pid) == r->ticks && r->ticks;
}

int vz_running_identify(struct vz_running *r, pid_t pid, struct vz_err *err)
{
	uint64_t ticks = began((uint64_t)pid);

	if (!ticks)
		return vz_err_set(err, VZ_FAILED, "process %d has ended", pid);
	free(r->boot);
	r->boot = boot_id();
	r->pid = (uint64_t)pid;
	r->ticks = ticks;
	return 0;
}

int vz_running_open(const struct vz_running *r)
{
	auto_fd int fd = r->pid ? pidfd_open((pid_t)r->pid, 0) : -1;

	/* only now that nobody else can get its number */
	return fd >= 0 && lives(r) ? steal_fd(&fd) : -1;
}

/* ---- the record ---- */

static int read_record(const struct vz_store *s, const char *env, struct vz_running *ret, struct vz_err *err)
{
	auto_free char *dir = vz_running_dir(s, env), *path = vz_printf("%s/running.json", dir);
	auto_running struct vz_running r = {0};
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(AT_FDCWD, path, MAX_RECORD, &text, err) < 0 ||
	    vz_document_parse(&kind, text.data, text.len, &r, err) < 0)
		return -1;
	*ret = r;
	r = (struct vz_running){0};
	return 0;
}

bool vz_running_look(const struct vz_store *s, const char *env, struct vz_running *ret)
{
	auto_running struct vz_running r = {0};
	struct vz_err unused;

	if (!vz_name_is_sane(env) || read_record(s, env, &r, &unused) < 0 || !lives(&r))
		return false;
	if (ret) {
		*ret = r;
		r = (struct vz_running){0};
	}
	return true;
}

int vz_running_write(const struct vz_store *s, const char *env, const struct vz_running *r, struct vz_err *err)
{
	auto_free char *dir = vz_running_dir(s, env), *path = vz_printf("%s/running.json", dir), *boot = boot_id();
	auto_buf struct vz_buf text = {0};
	struct vz_running with_boot = *r;

	with_boot.boot = boot;
	if (vz_document_format(&kind, &with_boot, &text, err) < 0 || vz_make_dirs(AT_FDCWD, dir, 0700, err) < 0)
		return -1;
	return vz_write_file(AT_FDCWD, path, text.data, text.len, 0600, err);
}

/* ---- the end ---- */

static int end_process(const struct vz_running *r, struct vz_err *err)
{
	auto_fd int fd = vz_running_open(r);
	struct pollfd pfd = { fd, POLLIN, 0 };
	int n;

	if (fd < 0)
		return 0;
	pidfd_send_signal(fd, SIGKILL, NULL, 0);
	while ((n = poll(&pfd, 1, PATIENCE_MS)) < 0 && errno == EINTR)
		;
	return n > 0 ? 0 : vz_err_set(err, VZ_BUSY, "process %ju does not end", (uintmax_t)r->pid);
}

int vz_running_lock_console(const struct vz_store *s, const char *env, struct vz_err *err)
{
	auto_free char *dir = vz_running_dir(s, env), *path = vz_printf("%s/console", dir);
	auto_fd int fd = vz_open(AT_FDCWD, path, O_RDWR | O_CREAT, 0600, err);

	return fd < 0 || vz_lock_fd(fd, VZ_LOCK_EXCLUSIVE, false, path, err) < 0 ? -1 : steal_fd(&fd);
}

void vz_running_await_console(const struct vz_store *s, const char *env)
{
	auto_free char *dir = vz_running_dir(s, env), *path = vz_printf("%s/console", dir);
	auto_fd int fd = open(path, O_RDWR | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < CONSOLE_ROUNDS && flock(fd, LOCK_EX | LOCK_NB) < 0; i++)
		nanosleep(&(struct timespec){ 0, CONSOLE_PAUSE_NS }, NULL);
}

int vz_running_clear(const struct vz_store *s, const char *env, struct vz_err *err)
{
	static const char *const force[] = { "--force", NULL };
	auto_free char *dir = vz_running_dir(s, env), *state = vz_printf("%s/state/%s", dir, env);
	auto_free char *cgroup = vz_running_cgroup(s, env);
	auto_running struct vz_running r = {0};
	struct vz_oci_call call = {
		.dir = dir, .verb = "delete", .options = force, .id = env, .stdin_fd = -1, .output_fd = -1,
	};
	struct vz_err unused;

	if (access(dir, F_OK) < 0)
		return 0;
	if (read_record(s, env, &r, &unused) == 0) {
		if (end_process(&r, err) < 0)
			return vz_err_wrap(err, "environment '%s'", env);
		call.path = r.runtime;
		if (access(state, F_OK) == 0)
			vz_oci_run(&call, &unused);
	}
	/* a runtime that was killed half way may have left what it does not know of, or be gone itself */
	if (vz_cgroups_clear(VZ_CGROUPS, cgroup, err) < 0)
		return vz_err_wrap(err, "environment '%s'", env);
	vz_running_await_console(s, env);
	return vz_remove_tree(AT_FDCWD, dir, err);
}
