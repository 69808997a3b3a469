/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Throwaway keys for a test program: gpg in a home of its own.  Defines `err`.
 *
 *     gpg_setup();
 *     run_gpg(NULL, NULL, "--quick-generate-key", "me@example.org", "ed25519", "sign", "never");
 *     run_gpg(&text, &signed_text, "--clearsign", "-u", "me@example.org");
 *     gpg_teardown();
 */
#ifndef TESTS_UNIT_GPG_H
#define TESTS_UNIT_GPG_H

#include <sys/wait.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/proc.h"
#include "tests/unit/unit.h"

static struct vz_err err;
static char gpg_home[] = "/tmp/vz-test-gpg-XXXXXX";

static inline void gpg(const char *const *args, const struct vz_buf *input, struct vz_buf *ret)
{
	auto_free char *home = vz_printf("GNUPGHOME=%s", gpg_home), *in = vz_printf("%s/in", gpg_home);
	const char *argv[32] = { "gpg", "--batch", "--quiet", "--no-tty", "--yes", "--pinentry-mode", "loopback", "--passphrase", "" };
	const char *envp[] = { home, "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
	auto_buf struct vz_buf out = {0}, said = {0};
	auto_fd int fd = -1;
	int n = 9, status;

	while (*args)
		argv[n++] = *args++;
	must(vz_write_file(AT_FDCWD, in, input ? input->data : "", input ? input->len : 0, 0600, &err));
	fd = vz_open(AT_FDCWD, in, O_RDONLY, 0, &err);
	must(vz_proc_run(&(struct vz_proc){ .argv = argv, .envp = envp, .stdin_fd = fd }, &status, &out, &said, &err));
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "gpg %s: %s", argv[9], said.data ? said.data : "");
	if (ret)
		vz_buf_add(ret, out.data, out.len);
}
#define run_gpg(input, ret, ...) gpg((const char *const[]){ __VA_ARGS__, NULL }, input, ret)


static inline void gpg_setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(gpg_home));
}

/* The agent goes with its directory, but not at once. */
static inline void gpg_teardown(void)
{
	auto_free char *home = vz_printf("GNUPGHOME=%s", gpg_home);
	const char *argv[] = { "gpgconf", "--kill", "all", NULL }, *envp[] = { home, "PATH=/usr/bin:/bin", NULL };
	int status;

	vz_proc_run(&(struct vz_proc){ .argv = argv, .envp = envp, .stdin_fd = -1 }, &status, NULL, NULL, &err);
	must(vz_remove_tree(AT_FDCWD, gpg_home, &err));
}

#endif
