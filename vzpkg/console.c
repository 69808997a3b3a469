/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vzpkg-console FILE: keeps the end of what comes on standard input.
 *
 * One runs for each environment that was started, for as long as anything in it
 * has its output open, so it is a program of its own that takes next to no
 * memory, and uses nothing of the rooms.  What is written to FILE, which is
 * opened by the first of it, goes to FILE.1 when it is a megabyte, in the place
 * of what was there.  A disk that is full costs what is written then; whoever
 * writes is never stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT (1 << 20)

static int open_log(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static off_t size_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_size : 0;
}

/* The log is full: another begins. */
static int turn(int fd, const char *path, const char *old)
{
	close(fd);
	rename(path, old);
	return open_log(path);
}

/* What cannot be written is lost. */
static void put(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

int main(int argc, char **argv)
{
	static char chunk[65536], old[4096];
	int fd = -1;
	ssize_t n;

	if (argc != 2 || strlen(argv[1]) > sizeof old - 3) {
		fputs("usage: vzpkg-console FILE <PIPE\n", stderr);
		return 2;
	}
	snprintf(old, sizeof old, "%s.1", argv[1]);
	/* it ends when its environment does, not before: a shutdown tells all processes to */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
		if (n < 0 && errno != EINTR)
			return 1;
		if (n < 0)
			continue;
		if (fd < 0)
			fd = open_log(argv[1]);
		if (size_of(fd) + n > LIMIT)
			fd = turn(fd, argv[1], old);
		if (fd >= 0)
			put(fd, chunk, (size_t)n);
	}
	return 0;
}
