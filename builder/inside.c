/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/inside.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "builder/listen.h"

struct call {
	struct vz_store *store;
	const struct vz_inside *in;
	int output;
};

/* In a process of its own, which is what has standard streams to give, and what the time limit ends: with it goes
 * whatever it runs (link/enter.h). */
static int call(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	const struct call *c = arg;
	auto_fd int null = vz_open(AT_FDCWD, "/dev/null", O_RDONLY, 0, err);
	int status = 0;

	if (null < 0)
		return -1;
	if (dup2(null, 0) < 0 || dup2(c->output, 1) < 0 || dup2(c->output, 2) < 0)
		return vz_err_sys(err, "redirect a command's output");
	if (vz_env_exec(c->store, c->in->env, c->in->argv, &status, err) < 0)
		return -1;
	vz_buf_add(ret, &status, sizeof status);
	return 0;
}

static void ignore_line(void *ctx, char *line)
{
	(void)ctx;
	(void)line;
}

int vz_inside_run(struct vz_store *s, const struct vz_inside *in, int *ret_status, struct vz_buf *ret_output,
		  struct vz_err *err)
{
	struct vz_listener l = { .log = ret_output, .on_line = ignore_line };
	auto_buf struct vz_buf got = {0};
	int rc = vz_listener_start(&l, err);

	if (rc == 0)
		rc = vz_proc_call_within(in->seconds, call, &(struct call){ s, in, l.log_fd }, &got, err);
	vz_listener_stop(&l);
	if (rc < 0)
		return vz_err_wrap(err, "'%s' in environment '%s'", in->argv[0], in->env);
	memcpy(ret_status, got.data, sizeof *ret_status);
	return 0;
}
