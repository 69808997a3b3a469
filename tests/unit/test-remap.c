/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/root.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "link/enter.h"
#include "link/fs.h"
#include "link/mount.h"
#include "link/mountinfo.h"
#include "link/remap.h"
#include "link/stale.h"

/* Two versions of one small system, on one private area, and a command in the first. */
struct live {
	struct root r;
	struct vz_digest second;
	int upper, work, old, new;
	pid_t pid;
};

static int mount_version(struct live *l, const struct vz_digest *image)
{
	struct vz_mount_plan plan = { .image_fd = -1, .image = *image, .upper_fd = l->upper, .work_fd = l->work };
	struct vz_err err = {0};
	int fd;

	must(fd = vz_mount_new(l->r.store, &plan, &err));
	return fd;
}

static void add_file(struct vz_tree *t, const char *path, const char *content)
{
	const char *last;
	struct vz_node *parent = vz_tree_parent(t, path, &last), *n = vz_node_add(parent, last, S_IFREG | 0644);

	vz_node_set_content(n, content, strlen(content));
}

/* A place to be root in, whose program is another in each version, in size or only in time. */
static void add_jail(struct live *l, struct vz_tree *t, const char *version)
{
	auto_buf struct vz_buf busybox = {0};
	struct vz_err err = {0};
	struct vz_digest d;

	must(vz_read_file(AT_FDCWD, BUSYBOX, 16 << 20, &busybox, &err));
	vz_tree_make_dirs(t, "jail", 0755, 0);
	root_object(&l->r, t, "jail/busybox-1", 0755, busybox.data, busybox.len, &d)->mtime = atoi(version);
	vz_buf_add(&busybox, version, strlen(version) * (size_t)atoi(version));
	root_object(&l->r, t, "jail/busybox-2", 0755, busybox.data, busybox.len, &d);
}

static void make_image(struct live *l, const char *version, const char *const *dirs)
{
	auto_tree struct vz_tree *t = vz_tree_new();

	root_tree(&l->r, t);
	add_file(t, "etc/version", version);
	add_jail(l, t, version);
	for (; *dirs; dirs++) {
		auto_free char *file = vz_printf("%s/version", *dirs);

		vz_tree_make_dirs(t, *dirs, 0755, 0);
		add_file(t, file, version);
	}
	root_image(&l->r, t);
}

static struct live live_new(const char *const *first, const char *const *second)
{
	struct live l = { .r = root_new() };
	struct vz_digest one;

	make_image(&l, "1", first);
	one = l.r.image;
	make_image(&l, "2", second);
	l.second = l.r.image;
	l.upper = root_dir(&l.r, "upper");
	l.work = root_dir(&l.r, "work");
	l.old = mount_version(&l, &one);
	l.new = -1;
	return l;
}

static void live_release(struct live *l)
{
	const int fds[] = { l->old, l->new, l->upper, l->work };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	root_release(&l->r);
}
#define auto_live __attribute__((cleanup(live_release)))

static char *read_upper(const struct live *l, const char *name)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	if (vz_read_file(l->upper, name, 4096, &text, &err) < 0)
		return NULL;
	return vz_buf_steal(&text);
}

static void await_file(const struct live *l, const char *name)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (faccessat(l->upper, name, F_OK, 0) == 0)
			return;
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	ck_abort_msg("'%s' was never made", name);
}

static void start(struct live *l, const char *script)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct vz_enter e = { .argv = argv, .stdin_fd = -1, .stdout_fd = 2, .stderr_fd = 2 };
	struct vz_err err = {0};
	auto_fd int root = vz_fs_clone(l->old, "", &err);

	must(root);
	e.root_fd = root;
	l->pid = fork();
	if (l->pid == 0) {
		int status = 0;

		if (vz_enter_run(&e, &status, &err) < 0)
			fprintf(stderr, "%s\n", err.msg);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
	}
	await_file(l, "root/ready");
}

/* `mount`: the one that is in use; another has not seen it, and would not look at the disk again. */
static int finish(const struct live *l, int mount)
{
	int status, fd = openat(mount, "root/go", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(waitpid(l->pid, &status, 0), l->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int mount_tmpfs(void *arg, struct vz_err *err)
{
	auto_free char *path = vz_printf("%s/x", (char *)arg);

	if (mount("none", arg, "tmpfs", 0, NULL) < 0)
		return vz_err_sys(err, "mount at '%s'", (char *)arg);
	return vz_write_file(AT_FDCWD, path, "kept\n", 5, 0644, err);
}

/* A mount inside, of somebody who may: what a container's runtime does. */
static void mount_inside(const struct live *l, const char *where)
{
	auto_free char *path = vz_printf("/proc/%d/task/%d/children", l->pid, l->pid);
	auto_buf struct vz_buf children = {0};
	struct vz_err err = {0};
	auto_fd int ns = -1;

	must(vz_read_file(AT_FDCWD, path, 4096, &children, &err));
	free(steal(&path));
	path = vz_printf("/proc/%d/ns/mnt", atoi(children.data));
	must(ns = vz_open(AT_FDCWD, path, O_RDONLY, 0, &err));
	must(vz_fs_in_namespace(ns, mount_tmpfs, (void *)where, &err));
}

static int give(void *ctx, struct vz_err *err)
{
	return vz_fs_clone(*(int *)ctx, "", err);
}

static int remap(int from, int to, struct vz_remap *ret, struct vz_err *err)
{
	return vz_remap(from, &(struct vz_remap_target){ give, NULL, &to }, ret, err);
}

#define WAIT "echo >/root/ready; while ! test -e /root/go; do sleep 0.01; done; "

/* An open file keeps its version; new ones, by any kind of path, have the other. */
START_TEST(test_swap)
{
	static const char *const dirs[] = { "var/a", NULL };
	auto_live struct live l = live_new(dirs, dirs);
	auto_free char *seen = NULL, *pids = NULL;
	auto_remap struct vz_remap done = {0};
	struct vz_err err = {0};

	start(&l, "exec 5</etc/version; cd /var/a; echo $$ >/root/pid; echo mine >/etc/mine; "
		  "(cd /proc; " WAIT "cat /etc/version >/root/from-proc) & "
		  "while ! test -e /root/go; do sleep 0.01; done; echo $$ >>/root/pid; echo $(cat <&5) $(cat version) $(cat /etc/version) $(cat ../a/version) "
		  "$(cat /run/x) $(cat /etc/mine) $(cat /proc/self/comm) >/root/seen; test -c /dev/null; wait");
	mount_inside(&l, "/run");
	l.new = mount_version(&l, &l.second);
	must(remap(l.old, l.new, &done, &err));
	ck_assert_uint_ge(done.processes, 3);
	ck_assert_uint_eq(done.namespaces, 1);
	for (size_t i = 0; i < done.n_left; i++)
		ck_abort_msg("%d %s: %s", done.left[i].pid, done.left[i].command, done.left[i].why);
	ck_assert_int_eq(finish(&l, l.new), 0);
	seen = read_upper(&l, "root/seen");
	ck_assert_str_eq(seen, "1 2 2 2 kept mine cat\n");
	pids = read_upper(&l, "root/pid");
	ck_assert_int_eq(strncmp(pids, strchr(pids, '\n') + 1, (size_t)(strchr(pids, '\n') + 1 - pids)), 0);
}
END_TEST

/* What processes can do while it happens: fork, run threads of pipes, sleep. */
START_TEST(test_busy)
{
	static const char *const dirs[] = { "var/a", NULL };
	auto_live struct live l = live_new(dirs, dirs);
	auto_remap struct vz_remap done = {0};
	auto_free char *ends = NULL;
	struct vz_err err = {0};

	start(&l, "cd /var/a; for i in 1 2 3; do (while ! test -e /root/go; do cat version | wc -c >/dev/null; done; "
		  "cat version >>/root/ends) & done; sleep 0.1; echo >/root/ready; wait");
	l.new = mount_version(&l, &l.second);
	for (int i = 0; i < 10; i++) {
		int from = i % 2 ? l.new : l.old, to = i % 2 ? l.old : l.new;
		auto_remap struct vz_remap back = {0};

		must(remap(from, to, &back, &err));
		for (size_t n = 0; n < back.n_left; n++)
			ck_abort_msg("%d %s: %s", back.left[n].pid, back.left[n].command, back.left[n].why);
	}
	must(remap(l.old, l.new, &done, &err));
	ck_assert_int_eq(finish(&l, l.new), 0);
	ends = read_upper(&l, "root/ends");
	ck_assert_str_eq(ends, "222");
}
END_TEST

/* Nothing changes where the new version has no place for something. */
START_TEST(test_no_place)
{
	static const char *const first[] = { "srv/x", NULL }, *const second[] = { NULL };
	auto_live struct live l = live_new(first, second);
	auto_remap struct vz_remap done = {0};
	auto_free char *seen = NULL;
	struct vz_err err = {0};

	start(&l, WAIT "echo $(cat /etc/version) $(stat -f -c %T /srv/x) >/root/seen");
	mount_inside(&l, "/srv/x");
	l.new = mount_version(&l, &l.second);
	must_fail(remap(l.old, l.new, &done, &err), VZ_BUSY, "mounted on '/srv/x', and the new version has no such directory");
	ck_assert_int_eq(finish(&l, l.old), 0);
	seen = read_upper(&l, "root/seen");
	ck_assert_str_eq(seen, "1 tmpfs\n");
}
END_TEST

/* Who cannot follow is named. */
START_TEST(test_left)
{
	static const char *const first[] = { "srv/x", NULL }, *const second[] = { NULL };
	auto_live struct live l = live_new(first, second);
	auto_remap struct vz_remap done = {0};
	struct vz_err err = {0};

	start(&l, "cd /srv/x; " WAIT);
	l.new = mount_version(&l, &l.second);
	must(remap(l.old, l.new, &done, &err));
	ck_assert_uint_ge(done.n_left, 1);
	ck_assert_str_eq(done.left[0].command, "sh");
	ck_assert_str_eq(done.left[0].why, "its working directory is not in the new version");
	ck_assert_int_eq(finish(&l, l.new), 0);
}
END_TEST

static char *stale(int root)
{
	auto_stale struct vz_stale_list list = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_stale_find(root, &list, &err));
	for (size_t i = 0; i < list.n; i++) {
		vz_buf_printf(&text, "%s:", list.v[i].command);
		for (size_t k = 0; k < list.v[i].files.n; k++)
			vz_buf_printf(&text, " %s", list.v[i].files.v[k]);
		vz_buf_printf(&text, "\n");
	}
	vz_buf_printf(&text, "%s", "");
	return vz_buf_steal(&text);
}

/* Who has a program mapped that was replaced; what is the same in both versions, as the shell is, does not count. */
START_TEST(test_stale)
{
	static const char *const dirs[] = { NULL };
	auto_live struct live l = live_new(dirs, dirs);
	auto_remap struct vz_remap done = {0}, back = {0};
	auto_free char *before = NULL, *after = NULL, *again = NULL;
	struct vz_err err = {0};

	start(&l, "/jail/busybox-1 sleep 100 & busybox chroot /jail /busybox-2 sleep 100 & sleep 0.2; " WAIT);
	before = stale(l.old);
	ck_assert_str_eq(before, "");
	l.new = mount_version(&l, &l.second);
	must(remap(l.old, l.new, &done, &err));
	after = stale(l.new);
	ck_assert_str_eq(after, "busybox-1: /jail/busybox-1\nbusybox-2: /jail/busybox-2\n");
	must(remap(l.new, l.old, &back, &err));
	again = stale(l.old);
	ck_assert_str_eq(again, "");
	ck_assert_int_eq(finish(&l, l.old), 0);
}
END_TEST

START_TEST(test_mountinfo)
{
	static const char text[] = "29 1 0:27 / / rw,relatime shared:1 - btrfs /dev/vda rw\n"
				   "30 29 8:1 /a\\040b /mnt/c\\134d rw - ext4 /dev/sda1 rw\n";
	auto_mounts struct vz_mounts m = {0}, bad = {0};
	struct vz_err err = {0};

	must(vz_mounts_parse(text, strlen(text), &m, &err));
	ck_assert_uint_eq(m.n, 2);
	ck_assert(m.v[0].shared && !m.v[1].shared);
	ck_assert_str_eq(m.v[1].root, "/a b");
	ck_assert_str_eq(m.v[1].point, "/mnt/c\\d");
	ck_assert_uint_eq(m.v[1].parent, 29);
	must_fail(vz_mounts_parse("29 1 0:27 / rw\n", 15, &bad, &err), VZ_FAILED, "has the line '29 1 0:27 / rw'");
	must_fail(vz_mounts_parse("x\n", 2, &bad, &err), VZ_FAILED, "has the line 'x'");
}
END_TEST

UNIT_MAIN("remap", test_swap, test_busy, test_no_place, test_left, test_stale, test_mountinfo)
