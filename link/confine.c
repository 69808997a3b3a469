/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/confine.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* CAP_MKNOD is harmless where every mount is nodev, and maintainer scripts make
 * nodes. Not here on purpose: CAP_DAC_READ_SEARCH opens host files by handle,
 * CAP_LINUX_IMMUTABLE makes files that we could not remove. */
#define KEPT(cap) { cap, #cap }
const struct vz_confine_cap vz_confine_kept[] = {
	KEPT(CAP_CHOWN), KEPT(CAP_DAC_OVERRIDE), KEPT(CAP_FOWNER), KEPT(CAP_FSETID), KEPT(CAP_KILL), KEPT(CAP_SETGID),
	KEPT(CAP_SETUID), KEPT(CAP_SETPCAP), KEPT(CAP_NET_BIND_SERVICE), KEPT(CAP_IPC_LOCK), KEPT(CAP_IPC_OWNER),
	KEPT(CAP_SYS_CHROOT), KEPT(CAP_MKNOD), KEPT(CAP_LEASE), KEPT(CAP_AUDIT_WRITE), KEPT(CAP_SETFCAP), { 0, NULL },
};

static int drop_bounding(uint64_t keep, struct vz_err *err)
{
	/* the kernel may know more capabilities than we do: EINVAL is their end */
	for (int cap = 0; cap < 64; cap++) {
		if (keep >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : vz_err_sys(err, "drop capability %d", cap);
	}
	return 0;
}

/* Of what this process has, keeps `keep`; nothing is inherited past the bounding set. */
static int keep_caps(uint64_t keep, struct vz_err *err)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return vz_err_sys(err, "get capabilities");
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) < 0 ? vz_err_sys(err, "set capabilities") : 0;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_LOW32(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct seccomp_data, field) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))

/* ioctl(2) has one number in each system call table a process can switch to:
 * ours, x32's, and 54 in those of i386 and arm. */
static int filter_ioctl(struct vz_err *err)
{
	static struct sock_filter code[] = {
		LOAD(nr),
		IF(SYS_ioctl, 3, 0),
		IF(0x40000000 + 514, 2, 0),
		IF(54, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD_LOW32(args[1]),
		IF(TIOCSTI, 2, 0),
		IF(TIOCLINUX, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	/* without seccomp: a session without the terminal is the other way to be safe from it */
	return errno == EINVAL && setsid() >= 0 ? 0 : vz_err_sys(err, "protect the terminal");
}

int vz_confine_command(bool terminal, bool private_network, struct vz_err *err)
{
	uint64_t keep = private_network ? 1ull << CAP_NET_RAW : 0;

	for (const struct vz_confine_cap *c = vz_confine_kept; c->name; c++)
		keep |= 1ull << c->cap;
	/* a kernel without keyrings has none to leave */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return vz_err_sys(err, "leave the session keyring");
	if (terminal && filter_ioctl(err) < 0)
		return -1;
	return drop_bounding(keep, err) < 0 ? -1 : keep_caps(keep, err);
}
