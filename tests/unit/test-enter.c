/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/root.h"

#include <dirent.h>
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <utmp.h>

#include "base/proc.h"
#include "link/enter.h"
#include "link/mount.h"

struct inside {
	struct root r;
	int upper, work, fd;
	int mounts;
	struct vz_enter e;
};

static void inside_mount(struct inside *in)
{
	struct vz_mount_plan p = { .image_fd = -1, .image = in->r.image, .upper_fd = in->upper, .work_fd = in->work };
	struct vz_err err = {0};

	must(in->fd = vz_mount_new(in->r.store, &p, &err));
	in->e = (struct vz_enter){ .root_fd = in->fd, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1 };
}

static struct inside inside_new(void)
{
	struct inside in = { .r = root_new(), .mounts = root_mounts() };

	in.upper = root_dir(&in.r, "upper");
	in.work = root_dir(&in.r, "work");
	inside_mount(&in);
	return in;
}

static void inside_release(struct inside *in)
{
	ck_assert_int_le(root_mounts(), in->mounts);
	close(in->fd);
	close(in->work);
	close(in->upper);
	root_release(&in->r);
}
#define auto_inside __attribute__((cleanup(inside_release)))

/* Runs `sh -c SCRIPT`; the wait status. What it prints goes to `ret`. */
static int run(struct inside *in, const char *script, struct vz_buf *ret)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct vz_err err = {0};
	int status = -1, out[2];

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	in->e.argv = argv;
	in->e.stdout_fd = in->e.stderr_fd = out[1];
	must(vz_enter_run(&in->e, &status, &err));
	close(out[1]);
	in->e.stdout_fd = in->e.stderr_fd = -1;
	if (ret) {
		ret->len = 0;
		must(vz_read_fd(out[0], 1 << 20, ret, &err));
	}
	close(out[0]);
	return status;
}

static void check_output(struct inside *in, const char *script, const char *want)
{
	auto_buf struct vz_buf out = {0};

	ck_assert_int_eq(run(in, script, &out), 0);
	ck_assert_str_eq(out.data, want);
}

/* How long the `i`th sleeper of this test sleeps: in seconds, and its name among all processes. */
static int nap(int i)
{
	return 100000000 + getpid() * 10 + i;
}

/* Does a process sleep for nap(i)? It gets a moment to come or go away. */
static bool sleeps(int i, bool want)
{
	auto_free char *text = vz_printf("%d", nap(i));

	for (int tries = 0; tries < 200; tries++) {
		DIR *d = opendir("/proc");
		struct dirent *e;
		bool found = false;

		while ((e = readdir(d))) {
			auto_free char *path = vz_printf("/proc/%s/cmdline", e->d_name);
			auto_buf struct vz_buf line = {0};
			struct vz_err unused;

			if (e->d_name[0] <= '9' && vz_read_file(AT_FDCWD, path, 65536, &line, &unused) == 0)
				found = found || memmem(line.data, line.len, text, strlen(text));
		}
		closedir(d);
		if (found == want)
			return found;
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	return !want;
}

START_TEST(test_status)
{
	auto_inside struct inside in = inside_new();
	static const char *const absent[] = { "no-such-command", NULL }, *const closed[] = { "/etc/big", NULL };
	struct vz_err err = {0};
	int status;

	ck_assert_int_eq(run(&in, "true", NULL), 0);
	ck_assert_int_eq(run(&in, "exit 7", NULL), 7 << 8);
	ck_assert_int_eq(run(&in, "kill -9 $$", NULL), SIGKILL);
	ck_assert_int_eq(run(&in, "kill -15 $$", NULL), SIGTERM);
	in.e.argv = absent;
	must_fail(vz_enter_run(&in.e, &status, &err), VZ_NOTFOUND, "start 'no-such-command' inside");
	in.e.argv = closed;
	must_fail(vz_enter_run(&in.e, &status, &err), VZ_FAILED, "Permission denied");
	in.e.workdir = "/nowhere";
	must_fail(vz_enter_run(&in.e, &status, &err), VZ_FAILED, "'/nowhere'");
}
END_TEST

START_TEST(test_surroundings)
{
	auto_inside struct inside in = inside_new();
	static const char *const additions[] = { "LANG=C", "A=b c", NULL };

	unsetenv("TERM");
	check_output(&in, "env | grep -v -e PWD -e SHLVL | sort",
		     "HOME=/root\nLANG=C.UTF-8\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
		     "container=vzpkg\n");
	setenv("TERM", "vt100\033]0;x", 1);
	check_output(&in, "echo $TERM", "\n");
	setenv("TERM", "vt100", 1);
	in.e.envp = additions;
	check_output(&in, "echo $LANG $A $TERM", "C b c vt100\n");
	in.e.hostname = "inner";
	in.e.workdir = "/etc";
	check_output(&in, "hostname; ls; umask", "inner\nbig\nresolv.conf\n0022\n");
	check_output(&in, "ls /proc/self/fd | wc -l", "4\n");
	check_output(&in, "ls /dev; echo x >/dev/null; head -c 3 /dev/zero | wc -c; ls /dev/pts",
		     "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n3\nptmx\n");
	check_output(&in, "echo hello >/dev/stdout; cat; cat /etc/resolv.conf; tty || true", "hello\n# inside\nnot a tty\n");
	/* nothing of all that was written to the private area */
	ck_assert_int_eq(faccessat(in.upper, "etc", F_OK, 0), -1);
	ck_assert_int_eq(faccessat(in.upper, "dev", F_OK, 0), -1);
}
END_TEST

START_TEST(test_private_writes)
{
	auto_inside struct inside in = inside_new();

	check_output(&in, "echo more >>/etc/big; rm /etc/resolv.conf; echo x >/dev/shm/y", "");
	check_output(&in, "wc -l </etc/big; ls /etc /dev/shm", "2\n/dev/shm:\n\n/etc:\nbig\n");
	root_check_objects(&in.r);
}
END_TEST

START_TEST(test_build)
{
	auto_inside struct inside in = inside_new();

	in.e.build = in.e.private_network = true;
	check_output(&in, "echo x >/tmp/x; echo y >/run/y; ls /tmp /run; grep -c : /proc/net/dev; cat /etc/resolv.conf",
		     "/run:\ny\n\n/tmp:\nx\n1\n# inside\n");
	ck_assert_int_eq(faccessat(in.upper, "tmp/x", F_OK, 0), -1);
	/* a session of its own: pid 2 leads it */
	check_output(&in, "read pid name state parent group session x </proc/2/stat; echo $parent $group $session; "
		     "cat /dev/tty 2>&1 || true",
		     "1 2 2\ncat: can't open '/dev/tty': No such device or address\n");
}
END_TEST

START_TEST(test_resolv_conf)
{
	auto_inside struct inside in = inside_new();
	auto_buf struct vz_buf host = {0}, out = {0};
	struct vz_err err = {0};

	if (vz_read_file(AT_FDCWD, "/etc/resolv.conf", 1 << 20, &host, &err) < 0)
		return;
	in.e.host_resolv_conf = true;
	ck_assert_int_eq(run(&in, "cat /etc/resolv.conf; exec 2>/dev/null; chmod 0 /etc/resolv.conf && echo changed; true",
			     &out), 0);
	ck_assert_str_eq(out.data, host.data);
	ck_assert_int_eq(faccessat(in.upper, "etc", F_OK, 0), -1);
	/* where there is none inside, none is made */
	in.e.host_resolv_conf = false;
	check_output(&in, "rm /etc/resolv.conf; ln -s ../../../../etc/hostname /etc/resolv.conf", "");
	in.e.host_resolv_conf = true;
	check_output(&in, "cat /etc/resolv.conf 2>&1; true",
		     "cat: can't open '/etc/resolv.conf': No such file or directory\n");
}
END_TEST

static void add_attacks(struct inside *in)
{
	auto_free char *path = vz_printf("%s/tests/unit/attacks", getenv("top_builddir") ? getenv("top_builddir") : ".");
	auto_buf struct vz_buf program = {0};
	auto_fd int bin = -1;
	struct vz_err err = {0};

	must(vz_read_file(AT_FDCWD, path, 16 << 20, &program, &err));
	must(bin = root_dir(&in->r, "upper/root"));
	must(vz_write_file(bin, "attacks", program.data, program.len, 0755, &err));
}

START_TEST(test_attacks)
{
	auto_inside struct inside in = inside_new();

	add_attacks(&in);
	check_output(&in, "/root/attacks", "");
	in.e.build = true;
	check_output(&in, "/root/attacks", "");
	/* the program that execs must not be the one that runs, or it could be written to */
	in.e.build = false;
	check_output(&in, "echo '#!/proc/self/exe' >/root/script; chmod 755 /root/script; ln -s /proc/self/exe /root/link",
		     "");
	for (const char *const *name = (const char *const[]){ "/root/script", "/root/link", NULL }; *name; name++) {
		struct vz_err err = {0};
		int status;

		in.e.argv = (const char *const[]){ *name, NULL };
		must_fail(vz_enter_run(&in.e, &status, &err), VZ_NOTFOUND, *name);
	}
}
END_TEST

/* On a terminal of its own, as the shell of an administrator. */
static int run_on_terminal(struct inside *in, int slave)
{
	struct vz_err err = {0};
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (login_tty(slave) < 0)
			_exit(2);
		in->e.stdin_fd = 0;
		in->e.stdout_fd = in->e.stderr_fd = 1;
		in->e.argv = (const char *const[]){ "/root/attacks", "terminal", NULL };
		_exit(vz_enter_run(&in->e, &status, &err) < 0 || status);
	}
	close(slave);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(test_terminal)
{
	auto_inside struct inside in = inside_new();
	char said[4096];
	int master, slave;
	ssize_t n;

	add_attacks(&in);
	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(run_on_terminal(&in, slave), 0);
	n = read(master, said, sizeof said);
	ck_assert_msg(n <= 0, "%.*s", (int)n, said);
	close(master);
}
END_TEST

/* A child that mounts and enters, and ends as what it ran; 99: interrupted, 100: failed. */
static pid_t enter_in_child(struct inside *in, const char *script)
{
	pid_t pid;

	close(steal_fd(&in->fd));
	pid = fork();
	if (pid == 0) {
		struct vz_enter e = in->e;
		struct vz_err err = {0};
		int status;

		inside_mount(in);
		in->e.build = e.build;
		in->e.argv = (const char *const[]){ "sh", "-c", script, NULL };
		if (in->e.build)
			vz_interrupt_catch();
		if (vz_enter_run(&in->e, &status, &err) < 0)
			_exit(strstr(err.msg, "interrupted") ? 99 : 100);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 101);
	}
	return pid;
}

static int wait_exit(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(test_nothing_survives)
{
	auto_inside struct inside in = inside_new();
	auto_free char *script = NULL, *other = NULL;
	pid_t pid;

	script = vz_printf("setsid sleep %d >/dev/null 2>&1 & sleep %d >/dev/null 2>&1 &", nap(1), nap(2));
	check_output(&in, script, "");
	ck_assert(!sleeps(1, false));
	ck_assert(!sleeps(2, false));

	other = vz_printf("sleep %d & sleep %d", nap(3), nap(4));
	pid = enter_in_child(&in, other);
	ck_assert(sleeps(3, true) && sleeps(4, true));
	kill(pid, SIGKILL);
	ck_assert_int_eq(wait_exit(pid), -SIGKILL);
	ck_assert(!sleeps(3, false));
	ck_assert(!sleeps(4, false));
}
END_TEST

START_TEST(test_timeout)
{
	auto_inside struct inside in = inside_new();
	auto_free char *seconds = vz_printf("%d", nap(0));
	struct vz_err err = {0};
	int status;

	in.e.argv = (const char *const[]){ "sleep", seconds, NULL };
	in.e.timeout_seconds = 1;
	must_fail(vz_enter_run(&in.e, &status, &err), VZ_FAILED, "'sleep' did not end within 1 seconds");
	ck_assert(!sleeps(0, false));
}
END_TEST

START_TEST(test_signals)
{
	static const int passed[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
	auto_inside struct inside in = inside_new();
	auto_free char *build = vz_printf("trap '' 2; sleep %d", nap(0));
	pid_t pid;

	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
		auto_free char *script = vz_printf("trap 'exit %d' %d; echo >/ready; while :; do sleep 0.1; done",
						   40 + passed[i], passed[i]);

		unlinkat(in.upper, "ready", 0);
		pid = enter_in_child(&in, script);
		for (int tries = 0; tries < 500 && faccessat(in.upper, "ready", F_OK, 0) < 0; tries++)
			nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		kill(pid, passed[i]);
		ck_assert_int_eq(wait_exit(pid), 40 + passed[i]);
	}
	/* a build is not asked: it ends */
	in.e.build = true;
	pid = enter_in_child(&in, build);
	ck_assert(sleeps(0, true));
	kill(pid, SIGINT);
	ck_assert_int_eq(wait_exit(pid), 99);
	ck_assert(!sleeps(0, false));
}
END_TEST

static int say(void *arg)
{
	auto_free char *line = vz_printf("%s %d\n", (const char *)arg, access("/proc/self", F_OK));
	struct vz_err err;

	return vz_write_fd(STDOUT_FILENO, line, strlen(line), &err) < 0 || fcntl(3, F_GETFD) >= 0;
}

static int from_text(void *arg)
{
	auto_fd int fd = memfd_create("text", 0);
	struct vz_err err;

	setenv("ADDED", "yes", 1);
	return vz_write_fd(fd, arg, strlen(arg), &err) < 0 || lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, 0) < 0;
}

static int refuse(void *arg)
{
	(void)arg;
	return 9;
}

static void note_step(void *ctx, size_t i)
{
	vz_buf_printf(ctx, "%zu", i);
}

/* The steps' wait status; what they print, and then the numbers of those that began, is `want`. */
static int run_steps(struct inside *in, const struct vz_enter_step *steps, size_t n, const char *want)
{
	auto_buf struct vz_buf got = {0}, began = {0};
	auto_fd int out = memfd_create("out", MFD_CLOEXEC);
	struct vz_err err = {0};
	int status = -1;

	in->e.argv = NULL;
	in->e.steps = steps;
	in->e.n_steps = n;
	in->e.on_step = note_step;
	in->e.ctx = &began;
	in->e.stdout_fd = in->e.stderr_fd = out;
	in->e.build = true;
	must(vz_enter_run(&in->e, &status, &err));
	lseek(out, 0, SEEK_SET);
	must(vz_read_fd(out, 1 << 20, &got, &err));
	vz_buf_add(&got, began.data, began.len);
	ck_assert_str_eq(got.data, want);
	return status;
}

#define SH(...) (const char *const[]){ "sh", "-c", __VA_ARGS__, NULL }

START_TEST(test_steps)
{
	auto_inside struct inside in = inside_new();
	auto_free char *leave = vz_printf("echo one >/tmp/x; sleep %d >/dev/null 2>&1 & test -e /proc/self/exe", nap(0));
	struct vz_enter_step steps[] = {
		{ .argv = SH(leave) },
		{ .call = say, .arg = "call" },
		{ .argv = SH("cat /tmp/x; kill -0 -1 2>/dev/null && echo somebody; test -e /proc/self/exe") },
		{ .call = from_text, .arg = "text\n", .argv = SH("cat; echo $ADDED; ls /proc/self/fd | wc -l") },
		{ .argv = SH("exit 3") },
		{ .argv = SH("echo never") },
	};

	ck_assert_int_eq(run_steps(&in, steps, 4, "call -1\none\ntext\nyes\n4\n0123"), 0);
	ck_assert_int_eq(run_steps(&in, steps, 6, "call -1\none\ntext\nyes\n4\n01234"), 3 << 8);
	steps[1].call = steps[3].call = refuse;
	ck_assert_int_eq(run_steps(&in, steps, 2, "01"), 9 << 8);
	ck_assert_int_eq(run_steps(&in, &steps[3], 1, "0"), 9 << 8);
}
END_TEST

START_TEST(test_step_timeout)
{
	auto_inside struct inside in = inside_new();
	auto_buf struct vz_buf began = {0};
	auto_free char *script = vz_printf("sleep %d", nap(0));
	const struct vz_enter_step steps[] = {
		{ .argv = SH("sleep 0.1"), .timeout_seconds = 20 },
		{ .argv = (const char *const[]){ "sh", "-c", script, NULL }, .timeout_seconds = 1 },
	};
	struct vz_err err = {0};
	int status;

	in.e.steps = steps;
	in.e.n_steps = 2;
	in.e.on_step = note_step;
	in.e.ctx = &began;
	must_fail(vz_enter_run(&in.e, &status, &err), VZ_FAILED, "'sh' did not end within 1 seconds");
	ck_assert_str_eq(began.data, "01");
	ck_assert(!sleeps(0, false));
	in.e.timeout_seconds = 1;
	in.e.steps = &steps[1];
	in.e.n_steps = 1;
	must_fail(vz_enter_run(&in.e, &status, &err), VZ_FAILED, "within 1 seconds");
}
END_TEST

/* What a tenant puts in place of the mount points is refused, not followed. */
START_TEST(test_hostile_mount_points)
{
	static const char *const points[] = { "dev", "proc", "sys", "run", "tmp" };
	auto_inside struct inside in = inside_new();
	int before = root_mounts();

	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		auto_root struct root r = root_new();
		auto_tree struct vz_tree *t = vz_tree_new();
		struct vz_mount_plan p = { .image_fd = -1, .upper_fd = -1, .work_fd = -1 };
		struct vz_enter e = in.e;
		struct vz_err err = {0};
		auto_fd int fd = -1;
		int status;

		root_tree(&r, t);
		vz_tree_remove(t, vz_tree_find(t, points[i]));
		vz_node_set_symlink(vz_node_add(t->root, points[i], S_IFLNK | 0777), "/etc");
		root_image(&r, t);
		p.image = r.image;
		must(fd = vz_mount_new(r.store, &p, &err));
		e.root_fd = fd;
		e.build = true;
		e.argv = (const char *const[]){ "true", NULL };
		must_fail(vz_enter_run(&e, &status, &err), VZ_FAILED, points[i]);
	}
	ck_assert_int_le(root_mounts(), before);
}
END_TEST

UNIT_MAIN("enter", test_status, test_surroundings, test_private_writes, test_build, test_resolv_conf, test_attacks,
	  test_terminal, test_nothing_survives, test_timeout, test_signals, test_steps, test_step_timeout, test_hostile_mount_points)
