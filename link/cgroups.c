/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"

#define MAX_CONTROLLERS 4096
#define MAX_PROCS (1 << 20)
#define ROUNDS 1000                      /* of PAUSE_NS, for processes to end */
#define PAUSE_NS 10000000

static bool has(int dir, const char *path)
{
	return faccessat(dir, path, F_OK, 0) == 0;
}

/* Of version 2: the names of controllers, with a blank at both ends; NULL if there are none. */
static char *controllers(int dir, const char *path)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err unused;

	vz_buf_putc(&text, ' ');
	if (vz_read_file(dir, path, MAX_CONTROLLERS, &text, &unused) < 0)
		return NULL;
	text.data[strcspn(text.data, "\n")] = ' ';
	return text.data[strspn(text.data, " ")] ? vz_buf_steal(&text) : NULL;
}

static unsigned unified_limits(const char *names)
{
	static const struct { const char *word; unsigned limits; } known[] = {
		{ " cpu ", VZ_LIMIT_CPUS }, { " memory ", VZ_LIMIT_MEMORY | VZ_LIMIT_SWAP }, { " pids ", VZ_LIMIT_PIDS },
		{ " io ", VZ_LIMIT_IO },
	};
	unsigned limits = 0;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strstr(names, known[i].word))
			limits |= known[i].limits;
	/* a kernel without swap space has no file for it either */
	return access("/proc/swaps", F_OK) < 0 ? limits & ~(unsigned)VZ_LIMIT_SWAP : limits;
}

static unsigned legacy_limits(int dir)
{
	static const struct { const char *file; unsigned limit; } known[] = {
		{ "cpu/cpu.cfs_quota_us", VZ_LIMIT_CPUS }, { "memory/memory.limit_in_bytes", VZ_LIMIT_MEMORY },
		{ "memory/memory.memsw.limit_in_bytes", VZ_LIMIT_SWAP }, { "pids/cgroup.procs", VZ_LIMIT_PIDS },
		/* the weight itself only groups below the root have */
		{ "blkio/blkio.weight", VZ_LIMIT_IO }, { "blkio/blkio.bfq.io_serviced", VZ_LIMIT_IO },
	};
	unsigned limits = 0;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (has(dir, known[i].file))
			limits |= known[i].limit;
	return limits;
}

void vz_cgroups_look(const char *dir, struct vz_cgroups *ret)
{
	auto_fd int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_free char *unified = NULL, *beside = NULL;

	*ret = (struct vz_cgroups){0};
	if (fd < 0)
		return;
	if (has(fd, "cgroup.controllers")) {
		unified = controllers(fd, "cgroup.controllers");
		ret->way = VZ_CGROUPS_UNIFIED;
		ret->limits = unified ? unified_limits(unified) : 0;
		return;
	}
	ret->limits = legacy_limits(fd);
	if (has(fd, "unified/cgroup.controllers")) {
		beside = controllers(fd, "unified/cgroup.controllers");
		ret->way = VZ_CGROUPS_HYBRID;
		ret->mixed = beside != NULL;
	} else if (ret->limits) {
		ret->way = VZ_CGROUPS_LEGACY;
	}
}

const char *vz_cgroups_name(enum vz_cgroups_way way)
{
	static const char *const names[] = { "none", "legacy", "hybrid", "unified" };

	return names[way];
}

void vz_cgroups_unmet(const struct vz_cgroups *c, const struct vz_settings *s, struct vz_texts *ret)
{
	const struct { bool wanted; unsigned limit; const char *what; } limits[] = {
		{ s->cpus > 0, VZ_LIMIT_CPUS, "of processors is not enforced: this kernel has no control group for their time" },
		{ s->memory > 0, VZ_LIMIT_MEMORY, "of memory is not enforced: this kernel has no control group for memory" },
		{ s->memory > 0 && c->limits & VZ_LIMIT_MEMORY, VZ_LIMIT_SWAP,
		  "of memory does not count swap space: this kernel cannot limit that" },
		{ s->pids > 0, VZ_LIMIT_PIDS, "of processes is not enforced: this kernel has no control group for them" },
		{ s->io_weight > 0, VZ_LIMIT_IO, "for the disk (io-weight) is not enforced: this kernel cannot weigh I/O" },
	};

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		auto_free char *text = vz_printf("the limit %s", limits[i].what);

		if (limits[i].wanted && !(c->limits & limits[i].limit))
			vz_texts_add(ret, text);
	}
}

/* ---- the end of one ---- */

/* Kills what is in it; one of those that were; 0: none were, and it is empty. */
static pid_t kill_all(const char *group)
{
	auto_free char *path = vz_printf("%s/cgroup.procs", group);
	auto_buf struct vz_buf procs = {0};
	struct vz_err unused;
	pid_t last = 0;

	if (vz_read_file(AT_FDCWD, path, MAX_PROCS, &procs, &unused) < 0 || !procs.len)
		return 0;
	for (char *p = procs.data, *end; *p; p = end + 1) {
		pid_t pid = (pid_t)strtol(p, &end, 10);

		/* 0 is one that we cannot see */
		if (end == p || *end != '\n')
			break;
		if (pid > 0 && kill(pid, SIGKILL) == 0)
			last = pid;
	}
	return last;
}

static int clear(const char *group, struct vz_err *err)
{
	pid_t left = 0;

	for (int round = 0; round < ROUNDS; round++) {
		left = kill_all(group);
		if (!left && (rmdir(group) == 0 || errno == ENOENT))
			return 0;
		nanosleep(&(struct timespec){ 0, PAUSE_NS }, NULL);
	}
	if (left)
		return vz_err_set(err, VZ_BUSY, "process %d does not end", left);
	return vz_err_sys(err, "remove control group '%s'", group);
}

int vz_cgroups_clear(const char *dir, const char *path, struct vz_err *err)
{
	auto_free char *unified = vz_printf("%s%s", dir, path);
	auto_texts struct vz_texts trees = {0};
	struct vz_err unused;
	int rc = access(unified, F_OK) == 0 ? clear(unified, err) : 0;

	if (vz_list_dir(AT_FDCWD, dir, &trees, &unused) < 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < trees.n; i++) {
		auto_free char *group = vz_printf("%s/%s%s", dir, trees.v[i], path);

		if (access(group, F_OK) == 0)
			rc = clear(group, err);
	}
	return rc;
}
