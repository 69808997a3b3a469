/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls, and what can be done to them: being killed before a call makes a
 * difference only if the call changes something; of the others each is as good
 * as the next one that does.
 */
#ifndef FAULT_CALLS_H
#define FAULT_CALLS_H

#include <sys/syscall.h>

#define CALL_CHANGES 1u
#define CALL_EIO     2u
#define CALL_ENOSPC  4u
#define CALL_EMFILE  8u
#define CALL_EINTR  16u
#define CALL_WRITES (CALL_CHANGES | CALL_EIO | CALL_ENOSPC)

struct call {
	long nr;
	const char *name;
	unsigned mask;
};

#define CALL(name, mask) { SYS_##name, #name, mask }
static const struct call calls[] = {
	CALL(openat, CALL_WRITES | CALL_EMFILE | CALL_EINTR), CALL(openat2, CALL_EIO | CALL_EMFILE | CALL_EINTR),
	CALL(read, CALL_EIO | CALL_EINTR), CALL(pread64, CALL_EIO | CALL_EINTR), CALL(getdents64, CALL_EIO),
	CALL(newfstatat, CALL_EIO), CALL(statx, CALL_EIO), CALL(readlinkat, CALL_EIO),
	CALL(write, CALL_WRITES | CALL_EINTR), CALL(pwrite64, CALL_WRITES | CALL_EINTR), CALL(writev, CALL_WRITES | CALL_EINTR),
	CALL(copy_file_range, CALL_WRITES | CALL_EINTR), CALL(sendfile, CALL_WRITES | CALL_EINTR),
	CALL(ftruncate, CALL_WRITES | CALL_EINTR), CALL(fallocate, CALL_WRITES | CALL_EINTR),
	CALL(fsync, CALL_WRITES | CALL_EINTR), CALL(fdatasync, CALL_WRITES), CALL(syncfs, CALL_WRITES),
	CALL(mkdir, CALL_WRITES), CALL(mkdirat, CALL_WRITES), CALL(mknodat, CALL_WRITES), CALL(linkat, CALL_WRITES),
	CALL(symlinkat, CALL_WRITES), CALL(rename, CALL_WRITES), CALL(renameat, CALL_WRITES), CALL(renameat2, CALL_WRITES),
	CALL(unlink, CALL_CHANGES | CALL_EIO), CALL(unlinkat, CALL_CHANGES | CALL_EIO), CALL(rmdir, CALL_CHANGES | CALL_EIO),
	CALL(fchmod, CALL_CHANGES | CALL_EIO), CALL(fchmodat, CALL_CHANGES | CALL_EIO), CALL(fchown, CALL_CHANGES | CALL_EIO),
	CALL(fchownat, CALL_CHANGES | CALL_EIO), CALL(utimensat, CALL_CHANGES | CALL_EIO),
	CALL(setxattr, CALL_WRITES), CALL(lsetxattr, CALL_WRITES), CALL(fsetxattr, CALL_WRITES),
	CALL(ioctl, CALL_CHANGES), CALL(flock, CALL_CHANGES | CALL_EINTR), CALL(fcntl, CALL_EMFILE),
	CALL(mount, CALL_CHANGES), CALL(umount2, CALL_CHANGES), CALL(fsopen, CALL_CHANGES | CALL_EMFILE),
	CALL(fsconfig, CALL_CHANGES), CALL(fsmount, CALL_CHANGES | CALL_EMFILE), CALL(move_mount, CALL_CHANGES),
	CALL(open_tree, CALL_CHANGES | CALL_EMFILE), CALL(mount_setattr, CALL_CHANGES), CALL(pivot_root, CALL_CHANGES),
	CALL(unshare, CALL_CHANGES | CALL_ENOSPC), CALL(setns, CALL_CHANGES), CALL(clone, CALL_CHANGES),
	CALL(clone3, CALL_CHANGES), CALL(vfork, CALL_CHANGES), CALL(execve, CALL_CHANGES), CALL(kill, CALL_CHANGES),
	CALL(wait4, CALL_CHANGES | CALL_EINTR), CALL(waitid, CALL_CHANGES | CALL_EINTR), CALL(pidfd_open, CALL_EMFILE),
	CALL(pipe2, CALL_EMFILE), CALL(dup, CALL_EMFILE), CALL(socket, CALL_EMFILE), CALL(socketpair, CALL_EMFILE),
	CALL(memfd_create, CALL_EMFILE), CALL(epoll_create1, CALL_EMFILE), CALL(eventfd2, CALL_EMFILE),
	CALL(poll, CALL_EINTR), CALL(ppoll, CALL_EINTR), CALL(epoll_wait, CALL_EINTR), CALL(connect, CALL_EINTR),
	CALL(recvfrom, CALL_EINTR), CALL(sendto, CALL_CHANGES | CALL_EINTR),
};
#define N_CALLS (sizeof calls / sizeof *calls)

#endif
