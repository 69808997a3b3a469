/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/init.h"

#include <errno.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "link/confine.h"
#include "link/view.h"

/* stdin, stdout, stderr, and behind them: */
enum { SOCKET = 3, ROOT, LOCK, FDS };

static void send_message(int socket, const struct vz_init_message *m, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = { (void *)m, sizeof *m };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof control;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	}
	sendmsg(socket, &msg, MSG_NOSIGNAL);
}

__attribute__((noreturn)) static void give_up(int socket, struct vz_init_message *m)
{
	m->what = VZ_INIT_FAILED;
	send_message(socket, m, -1);
	_exit(1);
}

/* Puts what we keep where it belongs, and closes all else. */
static int arrange_fds(const struct vz_enter *e, int socket, struct vz_err *err)
{
	int from[FDS] = { e->stdin_fd, e->stdout_fd, e->stderr_fd, socket, e->root_fd, e->lock_fd > 0 ? e->lock_fd : -1 };

	for (int i = 0; i < FDS; i++)
		if (from[i] >= 0 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FDS)) < 0)
			return vz_err_sys(err, "duplicate a descriptor");
	for (int i = 0; i < FDS; i++) {
		if (from[i] < 0)
			close(i);
		else if (dup3(from[i], i, i < SOCKET ? 0 : O_CLOEXEC) < 0)
			return vz_err_sys(err, "duplicate a descriptor");
	}
	return close_range(FDS, ~0u, 0) < 0 ? vz_err_sys(err, "close descriptors") : 0;
}

/* The host's /dev/null would let the tenant change its mode; the one inside does not. */
static int fill_stdio(struct vz_err *err)
{
	for (int i = 0; i < SOCKET; i++)
		if (fcntl(i, F_GETFD) < 0 && open("/dev/null", i ? O_WRONLY : O_RDONLY) != i)
			return vz_err_sys(err, "open '/dev/null'");
	return 0;
}

static int raise_loopback(struct vz_err *err)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* a kernel without IPv4 has nothing to raise */
	if (fd < 0 && errno == EAFNOSUPPORT)
		return 0;
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0 ? vz_err_sys(err, "raise the loopback interface") : 0;
}

/* Whoever waits for the flock finds us by the other lock. */
static int pass_lock(struct vz_err *err)
{
	struct flock shared = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1 };

	if (fcntl(LOCK, F_SETLK, &shared) < 0 || flock(LOCK, LOCK_UN) < 0)
		return vz_err_sys(err, "pass the lock on");
	return 0;
}

static int set_up(const struct vz_enter *e, struct vz_err *err)
{
	struct vz_view view = { ROOT, e->build, e->host_resolv_conf };
	struct vz_init_message m = { .what = VZ_INIT_ROOT };
	auto_fd int copy = -1;

	if (vz_view_make(&view, &copy, err) < 0)
		return -1;
	send_message(SOCKET, &m, copy);
	if (e->lock_fd > 0 && pass_lock(err) < 0)
		return -1;
	if (e->hostname && sethostname(e->hostname, strlen(e->hostname)) < 0)
		return vz_err_sys(err, "set the host name '%s'", e->hostname);
	if (e->private_network && raise_loopback(err) < 0)
		return -1;
	return fill_stdio(err);
}

static bool has_terminal(void)
{
	auto_fd int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	return fd >= 0;
}

/* The raw calls: glibc's tell all threads it knows of, and those are our parent's. */
static int become_root(struct vz_err *err)
{
	umask(022);
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setgid, 0) < 0 || syscall(SYS_setuid, 0) < 0)
		return vz_err_sys(err, "become root");
	return 0;
}

/* A call alone is never traced and never shown /proc; what it may leave open is nobody's business. */
static int call(const struct vz_enter_step *s, struct vz_err *err)
{
	int status;

	if (!s->argv && close_range(SOCKET, ~0u, 0) < 0)
		return vz_err_sys(err, "close descriptors");
	status = s->call(s->arg);
	if (status || !s->argv)
		_exit(status);
	return 0;
}

static int become_command(const struct vz_enter *e, const struct vz_enter_step *s, struct vz_err *err)
{
	const char *const *argv = s ? s->argv : e->argv;
	sigset_t none;

	/* Until the command is what we execute, no /proc: a "#!/proc/self/exe" in the
	 * root would run this very binary as the tenant's, who could then write to
	 * it (CVE-2019-5736). Pid 1 traces us to see that moment; where somebody
	 * else traces us already, it cannot. */
	if (argv && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && vz_view_show_proc(err) < 0)
		return -1;
	if (e->build && setsid() < 0)
		return vz_err_sys(err, "start a session");
	if (become_root(err) < 0 || vz_confine_command(!e->build && has_terminal(), e->private_network, err) < 0)
		return -1;
	if (chdir(e->workdir ? e->workdir : "/") < 0)
		return vz_err_sys(err, "change to '%s' inside", e->workdir);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (s && s->call && call(s, err) < 0)
		return -1;
	execvp(argv[0], (char *const *)argv);
	vz_err_sys(err, "start '%s' inside", argv[0]);
	if (errno == ENOENT)
		err->code = VZ_NOTFOUND;
	return -1;
}

/* A traced command stops where it is executed, and at signals before. */
static int let_go(pid_t command, int sig, struct vz_err *err)
{
	if (sig != SIGTRAP)
		return ptrace(PTRACE_CONT, command, NULL, sig) < 0 ? vz_err_sys(err, "continue the command") : 0;
	if (vz_view_show_proc(err) < 0)
		return -1;
	return ptrace(PTRACE_DETACH, command, NULL, NULL) < 0 ? vz_err_sys(err, "let the command go") : 0;
}

/* Our parent's death; nobody else outside sends this. */
#define ORPHANED SIGRTMIN

/* All signals are blocked. What the terminal sends (SI_KERNEL), the command gets by itself. */
static int supervise(pid_t command, int *ret_status, struct vz_err *err)
{
	sigset_t all;
	siginfo_t info;

	sigfillset(&all);
	for (;;) {
		int status;
		pid_t pid;

		while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
			if (pid != command)
				continue;
			if (!WIFSTOPPED(status)) {
				*ret_status = status;
				return 0;
			}
			if (let_go(command, WSTOPSIG(status), err) < 0)
				return -1;
		}
		if (sigwaitinfo(&all, &info) < 0 || info.si_signo == SIGCHLD || info.si_code > 0)
			continue;
		if (info.si_signo == ORPHANED && info.si_pid == 0)
			return vz_err_set(err, VZ_FAILED, "vzpkg was killed");
		kill(command, info.si_signo);
	}
}

/* The end of pid 1 would do it as well, but after its lock is gone: then others
 * could mount the environment anew while somebody still writes to it. */
static void end_all(void)
{
	do
		kill(-1, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR);
}

/* If our parent died before this could bind our life to its, its end of the socket is closed. */
static void die_with_parent(void)
{
	struct pollfd pfd = { SOCKET, 0, 0 };

	if (prctl(PR_SET_PDEATHSIG, ORPHANED) < 0 || (poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLHUP)))
		_exit(1);
}

/* `s`: NULL for the one command. */
static int run_one(const struct vz_enter *e, const struct vz_enter_step *s, int *ret_status, struct vz_err *err)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t command = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (command == 0) {
		struct vz_init_message m = {0};

		become_command(e, s, &m.err);
		give_up(SOCKET, &m);
	}
	return command < 0 ? vz_err_sys(err, "fork") : supervise(command, ret_status, err);
}

/* Nobody is left to see /proc when it goes away until the next command is executed. */
static int run_steps(const struct vz_enter *e, int *ret_status, struct vz_err *err)
{
	*ret_status = 0;
	for (size_t i = 0; i < e->n_steps && *ret_status == 0; i++) {
		struct vz_init_message m = { .what = VZ_INIT_STEP, .status = (int)i };

		send_message(SOCKET, &m, -1);
		if (run_one(e, &e->steps[i], ret_status, err) < 0)
			return -1;
		end_all();
		if (e->steps[i].argv && umount2("/proc", MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL)
			return vz_err_sys(err, "take '/proc' away");
	}
	return 0;
}

void vz_init_main(const struct vz_enter *e, char **env, int socket)
{
	struct vz_init_message m = {0};
	int rc;

	for (int sig = 1; sig < _NSIG; sig++)
		signal(sig, SIG_DFL);
	if (arrange_fds(e, socket, &m.err) < 0)
		give_up(socket, &m);
	die_with_parent();
	/* what is visible of us inside is not for the tenant to read or trace */
	prctl(PR_SET_DUMPABLE, 0);
	environ = env;
	if (set_up(e, &m.err) < 0)
		give_up(SOCKET, &m);
	close(ROOT);
	rc = e->n_steps ? run_steps(e, &m.status, &m.err) : run_one(e, NULL, &m.status, &m.err);
	m.what = rc < 0 ? VZ_INIT_FAILED : VZ_INIT_ENDED;
	end_all();
	send_message(SOCKET, &m, -1);
	_exit(0);
}
