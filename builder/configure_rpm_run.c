/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_rpm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/proc.h"
#include "builder/listen.h"
#include "link/enter.h"

#define SYSUSERS "/usr/bin/systemd-sysusers"

/*
 * One of rpm's steps becomes one of link/enter.h's, or two: where macros are
 * expanded in a script, which can run anything, nothing may be executed after
 * in the same process.
 */
struct work {
	const struct vz_configure *c;
	const struct vz_rpm_step *step;
	size_t index;
	char *file;                      /* the script's, as rpm makes one */
	char arg1[16], arg2[16];
	const char **argv;
};

struct runner {
	const struct vz_configure *c;
	const struct vz_rpm_configure *s;
	int root_fd, log_fd, status_fd;
	struct work *works;
	struct vz_enter_step *steps;     /* `arg` is the work */
	size_t n_steps;
	const struct work *current;
	size_t done;                     /* by the lines that came */
};

static const struct vz_rpm_package *package_of(const struct work *w)
{
	const struct vz_rpm_configure *s = w->c->state;

	return s->packages[w->step->package];
}

/* ---- in a step's own process ---- */

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 126;
}

/* The log says whose output follows. */
static void announce(const struct work *w)
{
	printf("== %s: %s\n", package_of(w)->name, w->step->name);
	fflush(stdout);
}

static int write_file(const char *path, const char *text)
{
	auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct vz_err err;

	if (fd < 0)
		return fail("make the script's file");
	return vz_write_fd(fd, text, strlen(text), &err) < 0 ? fail("write the script's file") : 0;
}

static int give_input(const char *input)
{
	auto_fd int fd = memfd_create("input", MFD_CLOEXEC);
	struct vz_err err;

	if (fd < 0 || vz_write_fd(fd, input, strlen(input), &err) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    dup2(fd, STDIN_FILENO) < 0)
		return fail("give the script its input");
	return 0;
}

static void set_prefixes(const struct vz_rpm_package *p)
{
	for (size_t i = 0; i < p->n_prefixes; i++) {
		auto_free char *name = vz_printf("RPM_INSTALL_PREFIX%zu", i);

		setenv(name, p->prefixes[i], 1);
		if (i == 0)
			setenv("RPM_INSTALL_PREFIX", p->prefixes[i], 1);
	}
}

/* What comes before a program that is executed. */
static int before_program(void *arg)
{
	const struct work *w = arg;
	const struct vz_rpm_script *script = w->step->script;
	int rc = 0;

	announce(w);
	set_prefixes(package_of(w));
	if (w->file && !script->expand && !script->format)
		rc = write_file(w->file, script->body);
	return rc == 0 && w->step->input ? give_input(w->step->input) : rc;
}

static int write_expanded(void *arg)
{
	const struct work *w = arg;
	const struct vz_rpm_configure *s = w->c->state;
	auto_free char *body = vz_rpm_expand(w->step->script, &s->entries.items[w->step->package]);
	int rc = body ? write_file(w->file, body) : 1;

	fflush(NULL);
	return rc;
}

static int run_lua(void *arg)
{
	const struct work *w = arg;
	const struct vz_rpm_script *script = w->step->script;
	int rc;

	announce(w);
	set_prefixes(package_of(w));
	rc = script->expand || script->format ? write_expanded(arg) : write_file(w->file, script->body);
	if (rc == 0 && w->step->input)
		rc = give_input(w->step->input);
	if (rc == 0)
		rc = vz_rpm_lua(w->file, w->step);
	fflush(NULL);
	return rc;
}

static int own(void *arg)
{
	const struct work *w = arg;
	const struct vz_rpm_configure *s = w->c->state;
	const struct vz_compose_package *p = &w->c->packages[w->step->package - s->n_installed];
	const struct vz_record_member *m = vz_record_member(p->record, "owners");
	int rc = vz_rpm_own(m->data, m->len);

	fflush(NULL);
	return rc;
}

static int add_users(void *arg)
{
	const struct work *w = arg;
	int rc;

	announce(w);
	rc = vz_rpm_add_users(w->step->input, w->c->date);
	fflush(NULL);
	return rc;
}

/* ---- what is to be done, as steps of an entered root ---- */

static void set_program(struct work *w)
{
	static const char *const sysusers[] = { SYSUSERS, "-" };
	const struct vz_rpm_script *script = w->step->script;
	size_t n = 0, n_program = script ? script->n_program : 2;

	w->argv = vz_alloc((n_program + 4) * sizeof *w->argv);
	for (; n < n_program; n++)
		w->argv[n] = script ? script->program[n] : sysusers[n];
	if (!w->file)
		return;
	w->argv[n++] = w->file;
	snprintf(w->arg1, sizeof w->arg1, "%d", w->step->arg1);
	snprintf(w->arg2, sizeof w->arg2, "%d", w->step->arg2);
	if (w->step->arg1 >= 0)
		w->argv[n++] = w->arg1;
	if (w->step->arg2 >= 0)
		w->argv[n++] = w->arg2;
}

static void add_step(struct runner *r, struct work *w, int (*call)(void *arg), bool executes)
{
	struct vz_enter_step *s = &r->steps[r->n_steps++];

	s->call = call;
	s->arg = w;
	s->timeout_seconds = vz_configure_seconds();
	if (!executes)
		return;
	set_program(w);
	s->argv = w->argv;
}

static void add_script(struct runner *r, struct work *w)
{
	const struct vz_rpm_script *script = w->step->script;
	bool is_lua = strcmp(script->program[0], VZ_RPM_LUA) == 0;

	if (is_lua && !script->body)
		return;
	if (script->body)
		w->file = vz_printf("/tmp/rpm-tmp.%zu", w->index);
	if (!is_lua && script->body && (script->expand || script->format))
		add_step(r, w, write_expanded, false);
	add_step(r, w, is_lua ? run_lua : before_program, !is_lua);
}

static void make_steps(struct runner *r)
{
	const struct vz_rpm_steps *all = &r->s->steps;

	r->works = vz_alloc((all->n + 1) * sizeof *r->works);
	r->steps = vz_alloc((2 * all->n + 1) * sizeof *r->steps);
	for (size_t i = 0; i < all->n; i++) {
		struct work *w = &r->works[i];

		*w = (struct work){ .c = r->c, .step = &all->items[i], .index = i };
		if (w->step->kind == VZ_RPM_STEP_SCRIPT)
			add_script(r, w);
		else if (w->step->kind == VZ_RPM_STEP_OWNERS)
			add_step(r, w, own, false);
		else
			add_step(r, w, r->s->has_sysusers ? before_program : add_users, r->s->has_sysusers);
	}
}

static void runner_release(struct runner *r)
{
	for (size_t i = 0; r->works && i < r->s->steps.n; i++) {
		free(r->works[i].file);
		free(r->works[i].argv);
	}
	free(r->works);
	free(r->steps);
}

/* ---- running them ---- */

static void on_step(void *ctx, size_t i)
{
	struct runner *r = ctx;

	r->current = r->steps[i].arg;
	dprintf(r->status_fd, "step\n");
}

static int judge(const struct runner *r, int status, struct vz_err *err)
{
	const struct work *w = r->current;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return vz_err_set(err, VZ_SCRIPT, "package '%s': its %s was ended by signal %d", package_of(w)->name,
				  w->step->name, WTERMSIG(status));
	return vz_err_set(err, VZ_SCRIPT, "package '%s': its %s ended with status %d", package_of(w)->name, w->step->name,
			  WEXITSTATUS(status));
}

/* In a process with one thread, as steps allocate. */
static int run(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	struct runner *r = arg;
	auto_free char *date = vz_printf("SOURCE_DATE_EPOCH=%lld", (long long)r->c->date);
	const struct vz_enter e = {
		.root_fd = r->root_fd, .steps = r->steps, .n_steps = r->n_steps, .on_step = on_step, .ctx = r,
		.envp = (const char *const[]){
			date, "PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin", "LC_ALL=C.UTF-8",
			"SYSTEMD_OFFLINE=1", "PERL_HASH_SEED=0", "PYTHONHASHSEED=0", NULL },
		.hostname = "localhost", .stdin_fd = -1, .stdout_fd = r->log_fd, .stderr_fd = r->log_fd,
		.private_network = true, .build = true,
	};
	struct vz_err ignored;
	int status = 0;

	(void)ret;
	if (vz_enter_run(&e, &status, err) == 0)
		return judge(r, status, err);
	if (!r->current || vz_interrupted(&ignored) < 0)
		return -1;
	err->code = VZ_SCRIPT;           /* it cannot be started, or did not end in time */
	return vz_err_wrap(err, "package '%s': its %s", package_of(r->current)->name, r->current->step->name);
}

static void on_line(void *ctx, char *line)
{
	struct runner *r = ctx;

	(void)line;
	vz_report_progress(r->c->report, "configure", ++r->done, r->n_steps);
}

int vz_rpm_run(const struct vz_configure *c, int root_fd, struct vz_err *err)
{
	__attribute__((cleanup(runner_release))) struct runner r = { .c = c, .s = c->state, .root_fd = root_fd };
	struct vz_listener l = { .log = c->log, .on_line = on_line, .ctx = &r };
	char words[400] = "";
	int rc;

	make_steps(&r);
	if (!r.n_steps)
		return 0;
	rc = vz_listener_start(&l, err);
	r.log_fd = l.log_fd;
	r.status_fd = l.status_fd;
	if (rc == 0)
		rc = vz_proc_call(run, &r, NULL, err);
	vz_listener_stop(&l);
	if (rc < 0 && err->code == VZ_SCRIPT)
		vz_listener_last_words(&l, words, sizeof words);
	return *words ? vz_err_hint(err, "it said: %s", words) : rc;
}
