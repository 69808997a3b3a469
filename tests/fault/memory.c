/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An allocator, to be preloaded, that has nothing to give once.
 *
 *     FAULT_MEMORY_AT=N FAULT_MEMORY_OUT=FILE LD_PRELOAD=memory.so COMMAND ARGS…
 *
 * The N-th request of the command's own process fails (0: none); FILE gets how many
 * there were, if it comes to its end.  Of processes that it starts none fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static atomic_ulong count;
static unsigned long at;
static pid_t command;

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("FAULT_MEMORY_AT");

	at = number ? strtoul(number, NULL, 10) : 0;
	command = getpid();
	unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void)
{
	const char *out = getenv("FAULT_MEMORY_OUT");
	int fd = out && getpid() == command ? open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;

	if (fd >= 0) {
		dprintf(fd, "%lu\n", atomic_load(&count));
		close(fd);
	}
}

/* What comes before begin() is the loader's. */
static bool is_refused(void)
{
	if (!command || atomic_fetch_add(&count, 1) + 1 != at || getpid() != command)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t n)
{
	return is_refused() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return is_refused() ? NULL : __libc_realloc(p, n);
}
