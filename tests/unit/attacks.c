/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs inside an entered root, as a tenant's root would, and tries to reach the
 * host. Prints one line for each attack that works; nothing is the good result.
 * Linked statically; "attacks terminal" tries what needs a terminal too.  In a
 * container, which "attacks container" is for, process 1 and the device nodes
 * are the tenant's own; what is refused by system call is tried instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void worked(int yes, const char *what)
{
	if (yes)
		printf("%s\n", what);
}

static int opens(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void host_nodes(void)
{
	worked(chmod("/dev/null", 0) == 0, "change the host's /dev/null");
	worked(!isatty(0) && fchmod(0, 0) == 0, "change the host's /dev/null through stdin");
}

static void devices(void)
{
	static const char *const places[] = { "/x", "/dev/x", "/dev/shm/x", "/tmp/x" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		mknod(places[i], S_IFBLK | 0600, makedev(254, 0));
		worked(opens(places[i], O_RDONLY) || errno == ENXIO, "open a block device node");
		unlink(places[i]);
		mknod(places[i], S_IFCHR | 0600, makedev(1, 1));
		worked(opens(places[i], O_RDONLY), "open a character device node");
		unlink(places[i]);
	}
	worked(!opens("/dev/null", O_RDWR) || !opens("/dev/zero", O_RDONLY), "(the devices do not work)");
}

static void machine(void)
{
	worked(opens("/proc/sys/kernel/core_pattern", O_WRONLY), "write /proc/sys");
	worked(opens("/proc/sysrq-trigger", O_WRONLY), "write /proc/sysrq-trigger");
	worked(opens("/proc/kcore", O_RDONLY), "read /proc/kcore");
	worked(chmod("/sys/power", 0700) == 0 || opens("/sys/power/state", O_WRONLY), "write /sys");
	worked(opens("/sys/kernel/uevent_helper", O_WRONLY), "write /sys/kernel");
	worked(sethostname("x", 1) == 0, "set the host name");
	worked(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, 0) == 0, "reboot");
	worked(syscall(SYS_syslog, 3, (char[16]){0}, 16) > 0, "read the kernel log");
	worked(socket(AF_PACKET, SOCK_RAW, 0) >= 0, "open a packet socket");
}

static void mounts(void)
{
	char handle[128] = {0};

	((unsigned *)handle)[0] = 8;
	((int *)handle)[1] = 1;
	((int *)handle)[2] = 2;
	worked(mount("none", "/tmp", "tmpfs", 0, NULL) == 0, "mount");
	worked(mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND, NULL) == 0, "remount /sys");
	worked(umount2("/proc/sys", MNT_DETACH) == 0, "unmount /proc/sys");
	worked(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
	worked(unshare(CLONE_NEWNS) == 0, "make a mount namespace");
	errno = 0;
	syscall(SYS_open_by_handle_at, open("/etc/resolv.conf", O_RDONLY), handle, O_RDONLY);
	worked(errno != EPERM, "open by handle");
}

static void first_process(void)
{
	char link[64];

	worked(readlink("/proc/1/exe", link, sizeof link) > 0, "see the program of pid 1");
	worked(opens("/proc/1/fd/3", O_RDWR) || opens("/proc/1/root/etc", O_RDONLY), "open the files of pid 1");
	worked(opens("/proc/1/mem", O_RDWR), "open the memory of pid 1");
	worked(ptrace(PTRACE_ATTACH, 1, NULL, NULL) == 0, "trace pid 1");
	worked(syscall(SYS_kill, 1, 9) == 0 && access("/proc/1", F_OK), "kill pid 1");
}

static void descriptors(void)
{
	char link[4096], path[32];

	for (int fd = 3; fd < 256; fd++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		worked(readlink(path, link, sizeof link) > 0, "find a descriptor of the caller's");
	}
}

static void others(void)
{
	worked(getpid() < 2 || getpid() > 3 || getppid() != 1, "see other processes");
	worked(access("/proc/2", F_OK) != 0, "(/proc does not show the command)");
}

static void refused_calls(void)
{
	static const struct { long nr; const char *what; } calls[] = {
		{ SYS_keyctl, "reach a keyring" }, { SYS_add_key, "add a key" }, { SYS_bpf, "call bpf" },
		{ SYS_perf_event_open, "open a performance event" }, { SYS_io_uring_setup, "make an io_uring" },
		{ SYS_userfaultfd, "make a userfaultfd" },
	};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		worked(syscall(calls[i].nr, 0, 0, 0, 0, 0) >= 0 || errno != EPERM, calls[i].what);
}

int main(int argc, char **argv)
{
	int container = argc > 1 && !strcmp(argv[1], "container");

	descriptors();
	devices();
	machine();
	mounts();
	if (container) {
		refused_calls();
		return 0;
	}
	others();
	host_nodes();
	first_process();
	if (argc > 1 && !strcmp(argv[1], "terminal")) {
		worked(ioctl(0, TIOCSTI, "x") == 0, "push input into the terminal");
		worked(ioctl(open("/dev/tty", O_RDWR), TIOCSTI, "x") == 0, "push input into /dev/tty");
		worked(!isatty(0), "(there is no terminal)");
	}
	return 0;
}
