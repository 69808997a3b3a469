/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "link/cgroups.h"

static void put(const char *dir, const char *path, const char *text)
{
	auto_free char *full = vz_printf("%s/%s", dir, path), *parent = vz_strdup(full);
	struct vz_err err = {0};

	*strrchr(parent, '/') = 0;
	must(vz_make_dirs(AT_FDCWD, parent, 0755, &err));
	must(vz_write_file(AT_FDCWD, full, text, strlen(text), 0644, &err));
}

START_TEST(test_none)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *absent = vz_printf("%s/absent", dir);
	struct vz_cgroups c;

	vz_cgroups_look(dir, &c);
	ck_assert(c.way == VZ_CGROUPS_NONE && !c.limits);
	vz_cgroups_look(absent, &c);
	ck_assert(c.way == VZ_CGROUPS_NONE && !c.limits);
}
END_TEST

START_TEST(test_unified)
{
	auto_scratch char *dir = scratch_new();
	struct vz_cgroups c;

	put(dir, "cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
	vz_cgroups_look(dir, &c);
	ck_assert_str_eq(vz_cgroups_name(c.way), "unified");
	ck_assert_uint_eq(c.limits | VZ_LIMIT_SWAP, VZ_LIMIT_CPUS | VZ_LIMIT_MEMORY | VZ_LIMIT_SWAP | VZ_LIMIT_PIDS | VZ_LIMIT_IO);
	put(dir, "cgroup.controllers", "cpuset pids\n");
	vz_cgroups_look(dir, &c);
	ck_assert_uint_eq(c.limits, VZ_LIMIT_PIDS);
	put(dir, "cgroup.controllers", "\n");
	vz_cgroups_look(dir, &c);
	ck_assert(c.way == VZ_CGROUPS_UNIFIED && !c.limits);
}
END_TEST

START_TEST(test_legacy_and_hybrid)
{
	auto_scratch char *dir = scratch_new();
	struct vz_cgroups c;

	put(dir, "cpu/cpu.cfs_quota_us", "");
	put(dir, "memory/memory.limit_in_bytes", "");
	put(dir, "pids/cgroup.procs", "");
	vz_cgroups_look(dir, &c);
	ck_assert_str_eq(vz_cgroups_name(c.way), "legacy");
	ck_assert_uint_eq(c.limits, VZ_LIMIT_CPUS | VZ_LIMIT_MEMORY | VZ_LIMIT_PIDS);
	put(dir, "memory/memory.memsw.limit_in_bytes", "");
	put(dir, "blkio/blkio.bfq.io_serviced", "");
	put(dir, "unified/cgroup.controllers", "\n");
	vz_cgroups_look(dir, &c);
	ck_assert(c.way == VZ_CGROUPS_HYBRID && !c.mixed);
	ck_assert_uint_eq(c.limits, VZ_LIMIT_CPUS | VZ_LIMIT_MEMORY | VZ_LIMIT_SWAP | VZ_LIMIT_PIDS | VZ_LIMIT_IO);
	put(dir, "unified/cgroup.controllers", "hugetlb\n");
	vz_cgroups_look(dir, &c);
	ck_assert(c.way == VZ_CGROUPS_HYBRID && c.mixed);
}
END_TEST

START_TEST(test_unmet)
{
	struct vz_settings s = { .memory = UINT64_C(1) << 30, .io_weight = 5 };
	struct vz_cgroups c = { .way = VZ_CGROUPS_LEGACY, .limits = VZ_LIMIT_MEMORY };
	auto_texts struct vz_texts said = {0};

	vz_cgroups_unmet(&c, &s, &said);
	ck_assert_uint_eq(said.n, 2);
	ck_assert_ptr_nonnull(strstr(said.v[0], "does not count swap"));
	ck_assert_ptr_nonnull(strstr(said.v[1], "cannot weigh I/O"));
	vz_texts_release(&said);
	c.limits = 0;
	s = (struct vz_settings){ .cpus = 1, .memory = 1, .pids = 1 };
	vz_cgroups_unmet(&c, &s, &said);
	ck_assert_uint_eq(said.n, 3);
}
END_TEST

UNIT_MAIN("cgroups", test_none, test_unified, test_legacy_and_hybrid, test_unmet)
