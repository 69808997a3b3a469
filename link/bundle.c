/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/bundle.h"

#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "link/cgroups.h"
#include "link/confine.h"
#include "link/enter.h"

#define CPU_PERIOD 100000                /* microseconds, the kernel's default */
#define MAX_V1_WEIGHT 1000
#define MIN_V1_WEIGHT 10
#define MAX_V2_WEIGHT 10000
#define USUAL_WEIGHT 100
#define OPEN_FILES 1024                  /* what select(2) can count to */
#define MAX_OPEN_FILES 524288            /* what a program may raise it to, as systemd has it */

static void json_release(json_t **j)
{
	json_decref(*j);
}
#define auto_json __attribute__((cleanup(json_release)))

static json_t *strings(const char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(v[i]));
	return list;
}
#define STRINGS(array) strings(array, sizeof(array) / sizeof *(array))

/* ---- limits ---- */

/* Of the OCI's weight, which is cgroup version 1's, runtimes make one of version 2 by 1 + (w - 10) * 9999 / 990. */
static unsigned oci_weight(const struct vz_bundle *b, unsigned weight)
{
	if (b->unified)
		return MIN_V1_WEIGHT + ((weight - 1) * 990 + 9998) / (MAX_V2_WEIGHT - 1);
	return weight < MIN_V1_WEIGHT ? MIN_V1_WEIGHT : weight > MAX_V1_WEIGHT ? MAX_V1_WEIGHT : weight;
}

static json_t *memory(const struct vz_bundle *b)
{
	json_int_t limit = b->settings->memory ? (json_int_t)b->settings->memory : -1;
	json_t *j = json_pack("{s:I}", "limit", limit);

	/* of both together: none of it is to be swapped out */
	if (b->limits & VZ_LIMIT_SWAP)
		json_object_set_new(j, "swap", json_integer(limit));
	return j;
}

/* `all`: also those that are not set, which lifts them. */
static json_t *resources(const struct vz_bundle *b, bool all)
{
	const struct vz_settings *s = b->settings;
	json_t *j = json_object();

	if (b->limits & VZ_LIMIT_CPUS && (s->cpus > 0 || all))
		json_object_set_new(j, "cpu", json_pack("{s:I, s:i}", "quota",
							s->cpus > 0 ? (json_int_t)(s->cpus * CPU_PERIOD + 0.5) : (json_int_t)-1,
							"period", CPU_PERIOD));
	if (b->limits & VZ_LIMIT_MEMORY && (s->memory || all))
		json_object_set_new(j, "memory", memory(b));
	if (b->limits & VZ_LIMIT_PIDS && (s->pids || all))
		json_object_set_new(j, "pids", json_pack("{s:I}", "limit", s->pids ? (json_int_t)s->pids : (json_int_t)-1));
	if (b->limits & VZ_LIMIT_IO && (s->io_weight || all))
		json_object_set_new(j, "blockIO",
				    json_pack("{s:i}", "weight", (int)oci_weight(b, s->io_weight ? s->io_weight : USUAL_WEIGHT)));
	return j;
}

/* ---- what is seen ---- */

static json_t *mount(const char *destination, const char *type, const char *source, const char *options)
{
	json_t *list = json_array();

	for (size_t len; *options; options += len + (options[len] == ',')) {
		len = strcspn(options, ",");
		json_array_append_new(list, json_stringn(options, len));
	}
	return json_pack("{s:s, s:s, s:s, s:o}", "destination", destination, "type", type, "source", source, "options", list);
}

static json_t *mounts(const struct vz_bundle *b)
{
	static const char *const fixed[][4] = {
		{ "/proc", "proc", "proc", "nosuid,nodev,noexec" },
		{ "/dev", "tmpfs", "tmpfs", "nosuid,noexec,mode=755,size=4m,nr_inodes=4096" },
		/* gid 5 is tty on every distribution */
		{ "/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5" },
		{ "/dev/shm", "tmpfs", "shm", "nosuid,nodev,mode=1777" },
		{ "/dev/mqueue", "mqueue", "mqueue", "nosuid,nodev,noexec" },
		{ "/sys", "sysfs", "sysfs", "nosuid,nodev,noexec,ro" },
		{ "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,nodev,noexec,relatime,ro" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		json_array_append_new(list, mount(fixed[i][0], fixed[i][1], fixed[i][2], fixed[i][3]));
	json_array_append_new(list, mount("/dev/init", "bind", b->init, "bind,ro,nosuid,nodev"));
	if (b->resolv_conf)
		json_array_append_new(list, mount("/etc/resolv.conf", "bind", b->resolv_conf, "bind,ro,nosuid,nodev,noexec"));
	return list;
}

static json_t *namespaces(void)
{
	static const char *const types[] = { "pid", "ipc", "uts", "mount", "cgroup" };
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		json_array_append_new(list, json_pack("{s:s}", "type", types[i]));
	return list;
}

/* ---- what may be done ---- */

/* Of all tables that a process can switch to: a call that the filter does not know kills. */
static json_t *architectures(const char *machine)
{
	static const char *const x86[] = { "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32" };
	static const char *const arm[] = { "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM" };

	return !strcmp(machine, "x86_64") ? STRINGS(x86) : !strcmp(machine, "aarch64") ? STRINGS(arm) : NULL;
}

static json_t *seccomp(const char *machine)
{
	static const char *const refused[] = {
		"acct", "add_key", "bpf", "delete_module", "finit_module", "init_module", "io_uring_setup", "ioperm", "iopl",
		"kexec_file_load", "kexec_load", "keyctl", "open_by_handle_at", "perf_event_open", "quotactl", "quotactl_fd",
		"request_key", "swapoff", "swapon", "userfaultfd",
	};
	json_t *known = architectures(machine);
	json_t *j = json_pack("{s:s, s:[{s:o, s:s, s:i}]}", "defaultAction", "SCMP_ACT_ALLOW", "syscalls", "names",
			      STRINGS(refused), "action", "SCMP_ACT_ERRNO", "errnoRet", 1 /* EPERM */);

	if (known)
		json_object_set_new(j, "architectures", known);
	return j;
}

static json_t *capabilities(void)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };
	json_t *j = json_object(), *list = json_array();

	for (const struct vz_confine_cap *c = vz_confine_kept; c->name; c++)
		json_array_append_new(list, json_string(c->name));
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		json_object_set(j, sets[i], list);
	json_decref(list);
	return j;
}

static json_t *linux_part(const struct vz_bundle *b)
{
	static const char *const masked[] = {
		"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/scsi",
		"/proc/sched_debug", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
	};
	static const char *const read_only[] = {
		"/proc/bus", "/proc/fs", "/proc/irq", "/proc/mtrr", "/proc/sys", "/proc/sysrq-trigger",
	};
	json_t *limits = resources(b, false);

	json_object_set_new(limits, "devices", json_pack("[{s:b, s:s}]", "allow", 0, "access", "rwm"));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "cgroupsPath", b->cgroup, "rootfsPropagation", "rprivate",
			 "namespaces", namespaces(), "resources", limits, "seccomp", seccomp(b->machine), "maskedPaths",
			 STRINGS(masked), "readonlyPaths", STRINGS(read_only));
}

/* ---- what is run ---- */

/* NULL if a word is not UTF-8. */
static json_t *command(const struct vz_texts *words)
{
	json_t *list = json_array();
	int failed = 0;

	json_array_append_new(list, json_string("/dev/init"));
	json_array_append_new(list, json_string(words->n ? "--" : "-P"));
	for (size_t i = 0; i < words->n; i++)
		failed |= json_array_append_new(list, json_string(words->v[i]));
	if (failed)
		json_decref(list);
	return failed ? NULL : list;
}

static uint64_t at_most(uint64_t n, uint64_t limit)
{
	return n < limit ? n : limit;
}

static json_t *process(const struct vz_bundle *b, json_t *args)
{
	static const char *const env[] = {
		("PATH=" VZ_ENTER_PATH), "HOME=/root", "LANG=C.UTF-8",
		"container=vzpkg",
	};

	return json_pack("{s:b, s:b, s:s, s:{s:i, s:i, s:i}, s:o, s:o, s:o, s:[{s:s, s:I, s:I}]}", "terminal", 0,
			 "noNewPrivileges", 0, "cwd", "/", "user", "uid", 0, "gid", 0, "umask", 022, "args", args, "env",
			 STRINGS(env), "capabilities", capabilities(), "rlimits", "type", "RLIMIT_NOFILE", "soft",
			 (json_int_t)at_most(b->open_files, OPEN_FILES), "hard",
			 (json_int_t)at_most(b->open_files, MAX_OPEN_FILES));
}

static int add_text(json_t *j, struct vz_buf *ret, struct vz_err *err)
{
	char *text = j ? json_dumps(j, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;

	if (!text)
		return vz_err_set(err, VZ_FAILED, "the configuration has a text that is not UTF-8");
	vz_buf_puts(ret, text);
	vz_buf_putc(ret, '\n');
	free(text);
	return 0;
}

int vz_bundle_format(const struct vz_bundle *b, struct vz_buf *ret, struct vz_err *err)
{
	json_t *args = command(&b->settings->command);
	auto_json json_t *j = !args ? NULL :
		json_pack("{s:s, s:{s:s, s:b}, s:s, s:o, s:o, s:o}", "ociVersion", "1.0.2", "root", "path", b->rootfs, "readonly",
			  0, "hostname", b->hostname, "process", process(b, args), "mounts", mounts(b), "linux",
			  linux_part(b));

	return add_text(j, ret, err);
}

int vz_bundle_limits(const struct vz_bundle *b, struct vz_buf *ret, struct vz_err *err)
{
	auto_json json_t *j = resources(b, true);

	return add_text(j, ret, err);
}
