/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/cgroups.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"

#define MAX_CONTROLLERS 4096

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
