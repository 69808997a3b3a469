/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/passing.h"

#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

void vz_passing_begin(struct vz_passing *ret)
{
	static const int passed[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH };
	sigset_t all, pass;

	sigfillset(&all);
	sigemptyset(&pass);
	pthread_sigmask(SIG_SETMASK, &all, &ret->before);
	ret->waiting = ret->before;
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
		sigaddset(&pass, passed[i]);
		sigaddset(&ret->waiting, passed[i]);
	}
	ret->fd = signalfd(-1, &pass, SFD_CLOEXEC | SFD_NONBLOCK);
}

void vz_passing_on(const struct vz_passing *p, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(p->fd, &info, sizeof info) == sizeof info)
		if (info.ssi_code != SI_KERNEL)
			pidfd_send_signal(pidfd, (int)info.ssi_signo, NULL, 0);
}

void vz_passing_end(struct vz_passing *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	pthread_sigmask(SIG_SETMASK, &p->before, NULL);
}
