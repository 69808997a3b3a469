/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/runtime.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/bundle.h"
#include "link/enter.h"
#include "link/env_mount.h"
#include "link/env_turn.h"
#include "link/fs.h"
#include "link/identity.h"
#include "link/mount.h"
#include "link/oci.h"

#define MOMENT_MS 200            /* in which what cannot work usually ends */
#define KEYGEN_SECONDS 120
#define RESOLV_CONF "/etc/resolv.conf"

/* One start, as far as it has come. */
struct start {
	struct vz_store *s;
	const struct vz_runtime_start *how;
	struct vz_settings settings;
	struct vz_oci oci;
	char *hostname;
	char *dir;               /* vz_running_dir() */
	int lock, root, input, output;
	struct stat host_root;
	struct vz_running running;
};

static void start_release(struct start *t)
{
	int fds[] = { t->root, t->input, t->output, t->lock };

	/* the mount goes before the lock */
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	vz_settings_release(&t->settings);
	vz_oci_release(&t->oci);
	vz_running_release(&t->running);
	free(t->hostname);
	free(t->dir);
}

char *vz_runtime_console(const struct vz_store *s, const char *name)
{
	return vz_printf("%s/envs/%s/console.log", vz_store_path(s), name);
}

/* ---- the environment ---- */

static int make_ssh_keys(struct start *t, struct vz_err *err)
{
	static const char *const argv[] = { "ssh-keygen", "-A", NULL };
	struct vz_enter enter = {
		.root_fd = t->root, .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .private_network = true,
		.hostname = t->hostname, .timeout_seconds = KEYGEN_SECONDS,
	};
	int status = 0;

	if (!vz_identity_wants_ssh_keys(t->root))
		return 0;
	if (vz_enter_run(&enter, &status, err) < 0)
		return vz_err_wrap(err, "make the keys of its SSH server");
	/* an environment without keys is better than none */
	if (status)
		vz_report_note(t->how->report, "%s: 'ssh-keygen -A' in it failed", t->how->name);
	return 0;
}

static int take_command(struct start *t, struct vz_err *err)
{
	struct vz_texts *command = &t->settings.command;

	if (t->how->command) {
		vz_texts_release(command);
		vz_texts_copy(t->how->command, command);
	}
	return command->n ? vz_enter_find(t->root, command->v[0], err) : 0;
}

static int prepare(struct start *t, struct vz_err *err)
{
	auto_env struct vz_env e = {0};
	struct vz_cgroups cgroups;

	vz_cgroups_look(VZ_CGROUPS, &cgroups);
	if (vz_oci_find(NULL, &cgroups, &t->oci, err) < 0 || vz_running_clear(t->s, t->how->name, err) < 0 ||
	    vz_env_read(t->s, t->how->name, &e, err) < 0)
		return -1;
	t->root = vz_env_get_mount(t->s, &e, t->lock, err);
	if (t->root < 0 || vz_env_lock_mount(t->lock, VZ_LOCK_SHARED, err) < 0)
		return -1;
	t->hostname = vz_settings_hostname(&t->settings, t->how->name);
	if (vz_identity_give(t->root, t->hostname, t->settings.hostname, err) < 0 || make_ssh_keys(t, err) < 0)
		return -1;
	return take_command(t, err);
}

/* ---- the bundle ---- */

/* The host's, where there is one inside to hide; else the runtime would make one, in the private area. */
static const char *resolv_conf(int root)
{
	struct vz_err unused;
	auto_fd int fd = vz_path_open(root, RESOLV_CONF, O_PATH, 0, &unused);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && access(RESOLV_CONF, R_OK) == 0 ? RESOLV_CONF : NULL;
}

static struct vz_bundle bundle(const struct vz_settings *settings, const struct vz_cgroups *cgroups)
{
	return (struct vz_bundle){
		.settings = settings, .limits = cgroups->limits, .unified = cgroups->way == VZ_CGROUPS_UNIFIED,
	};
}

static void tell_unmet(const struct vz_cgroups *cgroups, const struct vz_settings *settings, const char *name,
		       const struct vz_report *report)
{
	auto_texts struct vz_texts unmet = {0};

	vz_cgroups_unmet(cgroups, settings, &unmet);
	for (size_t i = 0; i < unmet.n; i++)
		vz_report_note(report, "%s: %s", name, unmet.v[i]);
}

static int write_bundle(struct start *t, struct vz_err *err)
{
	auto_free char *rootfs = vz_printf("%s/root", t->dir), *path = vz_printf("%s/config.json", t->dir);
	auto_free char *cgroup = vz_running_cgroup(t->s, t->how->name);
	struct vz_bundle b = bundle(&t->settings, &t->oci.cgroups);
	auto_buf struct vz_buf text = {0};
	struct rlimit files = {0};
	struct utsname machine;

	uname(&machine);
	getrlimit(RLIMIT_NOFILE, &files);
	b.rootfs = rootfs;
	b.hostname = t->hostname;
	b.init = t->oci.init;
	b.resolv_conf = resolv_conf(t->root);
	b.cgroup = cgroup;
	b.machine = machine.machine;
	b.open_files = files.rlim_max;
	tell_unmet(&t->oci.cgroups, &t->settings, t->how->name, t->how->report);
	if (vz_bundle_format(&b, &text, err) < 0 || vz_make_dirs(AT_FDCWD, rootfs, 0700, err) < 0)
		return -1;
	return vz_write_file(AT_FDCWD, path, text.data, text.len, 0600, err);
}

/* Two pipes: what it prints goes to the console program, what it reads is at its end. */
static int make_pipes(struct start *t, struct vz_err *err)
{
	auto_free char *log = vz_runtime_console(t->s, t->how->name);
	const char *const argv[] = { t->how->console, log, NULL };
	struct vz_proc console = { .argv = argv };
	auto_fd int read_end = -1, locked = vz_running_lock_console(t->s, t->how->name, err);
	int in[2], out[2];

	if (locked < 0)
		return -1;
	if (pipe2(in, O_CLOEXEC) < 0)
		return vz_err_sys(err, "make a pipe");
	close(in[1]);
	t->input = in[0];
	if (pipe2(out, O_CLOEXEC) < 0)
		return vz_err_sys(err, "make a pipe");
	t->output = out[1];
	console.stdin_fd = read_end = out[0];
	console.pass[0].fd = locked;
	console.pass[0].as = STDERR_FILENO + 1;
	if (access(t->how->console, X_OK) < 0)
		return vz_err_sys(err, "start '%s'", t->how->console);
	return vz_proc_detach(&console, err);
}

/* ---- the container ---- */

static int read_pid(const char *path, struct vz_running *r, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(AT_FDCWD, path, 64, &text, err) < 0)
		return -1;
	return vz_running_identify(r, (pid_t)strtol(text.data, NULL, 10), err);
}

/* In a mount name space that only the runtime sees besides us. */
static int create(void *arg, struct vz_err *err)
{
	struct start *t = arg;
	auto_free char *rootfs = vz_printf("%s/root", t->dir), *pid = vz_printf("%s/pid", t->dir);
	const char *const options[] = { "--bundle", t->dir, "--pid-file", pid, NULL };
	struct vz_oci_call call = {
		.path = t->oci.path, .dir = t->dir, .verb = "create", .options = options, .id = t->how->name,
		.stdin_fd = t->input, .output_fd = t->output,
	};
	struct stat root;

	if (stat("/", &root) < 0 || root.st_dev != t->host_root.st_dev || root.st_ino != t->host_root.st_ino)
		return vz_err_set(err, VZ_FAILED, "vzpkg runs in a chroot, from where no container can be started");
	if (vz_mount_attach(t->root, rootfs, err) < 0 || vz_oci_run(&call, err) < 0)
		return -1;
	return read_pid(pid, &t->running, err);
}

/* What has ended again so soon was not started. The init alone has no reason to. */
static int watch(struct start *t, struct vz_err *err)
{
	auto_fd int fd = vz_running_open(&t->running);
	auto_free char *log = vz_runtime_console(t->s, t->how->name);
	struct pollfd pfd = { fd, POLLIN, 0 };

	if (!t->settings.command.n || (fd >= 0 && poll(&pfd, 1, MOMENT_MS) == 0))
		return 0;
	vz_err_set(err, VZ_FAILED, "'%s' ended at once", t->settings.command.v[0]);
	return vz_err_hint(err, "what it said is in '%s'", log);
}

static int run_container(struct start *t, struct vz_err *err)
{
	struct vz_oci_call begin = {
		.path = t->oci.path, .dir = t->dir, .verb = "start", .id = t->how->name, .stdin_fd = -1, .output_fd = -1,
	};

	t->running = (struct vz_running){ .runtime = vz_strdup(t->oci.path), .since = time(NULL) };
	if (stat("/", &t->host_root) < 0)
		return vz_err_sys(err, "stat '/'");
	if (vz_running_write(t->s, t->how->name, &t->running, err) < 0 || write_bundle(t, err) < 0 ||
	    make_pipes(t, err) < 0)
		return -1;
	if (vz_fs_in_namespace(-1, create, t, err) < 0 || vz_running_write(t->s, t->how->name, &t->running, err) < 0)
		return -1;
	/* now it can be found: the rest is its own */
	return vz_oci_run(&begin, err) < 0 ? -1 : watch(t, err);
}

static int start(struct start *t, struct vz_err *err)
{
	struct vz_err unused;
	int failed;

	if (prepare(t, err) < 0)
		return -1;
	vz_report_debug(t->how->report, "%s: run by '%s', with %s control groups (%s)", t->how->name, t->oci.path,
			vz_cgroups_name(t->oci.cgroups.way), t->oci.why);
	t->settings.started = true;
	failed = run_container(t, err);
	/* from here on its own output ends with it */
	if (t->output >= 0)
		close(steal_fd(&t->output));
	if (!failed && vz_settings_write(t->s, t->how->name, &t->settings, err) == 0)
		return 0;
	vz_running_clear(t->s, t->how->name, &unused);
	return -1;
}

int vz_runtime_start(struct vz_store *s, const struct vz_runtime_start *how, struct vz_runtime_started *ret,
		     struct vz_err *err)
{
	__attribute__((cleanup(start_release))) struct start t = {
		.s = s, .how = how, .lock = -1, .root = -1, .input = -1, .output = -1,
	};
	auto_env struct vz_env e = {0};

	t.lock = vz_env_lock(s, how->name, &e, NULL, err);
	if (t.lock < 0 || vz_settings_read(s, how->name, &t.settings, err) < 0)
		return -1;
	if (vz_running_look(s, how->name, &t.running)) {
		if (how->command) {
			vz_err_set(err, VZ_BUSY, "environment '%s' is started already", how->name);
			return vz_err_hint(err, "'vzpkg stop %s' first", how->name);
		}
		*ret = (struct vz_runtime_started){ t.running, true };
		t.running = (struct vz_running){0};
		return 0;
	}
	t.dir = vz_running_dir(s, how->name);
	if (start(&t, err) < 0)
		return vz_err_wrap(err, "environment '%s'", how->name);
	*ret = (struct vz_runtime_started){ t.running, false };
	t.running = (struct vz_running){0};
	return 0;
}

int vz_runtime_limit(const struct vz_store *s, const char *name, const struct vz_settings *settings,
		     const struct vz_report *report, struct vz_err *err)
{
	auto_free char *dir = vz_running_dir(s, name), *path = vz_printf("%s/limits.json", dir);
	const char *const options[] = { "--resources", path, NULL };
	struct vz_oci_call call = {
		.dir = dir, .verb = "update", .options = options, .id = name, .stdin_fd = -1, .output_fd = -1,
	};
	auto_running struct vz_running r = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_cgroups cgroups;
	struct vz_bundle b;

	vz_cgroups_look(VZ_CGROUPS, &cgroups);
	b = bundle(settings, &cgroups);
	tell_unmet(&cgroups, settings, name, report);
	if (!vz_running_look(s, name, &r))
		return 0;
	call.path = r.runtime;
	if (vz_bundle_limits(&b, &text, err) < 0 || vz_write_file(AT_FDCWD, path, text.data, text.len, 0600, err) < 0 ||
	    vz_oci_run(&call, err) < 0)
		return vz_err_wrap(err, "environment '%s'", name);
	return 0;
}
