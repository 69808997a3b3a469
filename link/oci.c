/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/oci.h"

#include <jansson.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"

#define MAX_LOG (1 << 20)
#define PATIENCE_MS 60000                /* a host under load starts things slowly */
#define MAX_OPTIONS 8

static const char *const usual_dirs[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
	/* where packages put what only container engines call */
	"/usr/libexec/podman", "/usr/libexec/catatonit", "/usr/lib/podman", NULL,
};

void vz_oci_release(struct vz_oci *o)
{
	free(o->path);
	free(o->init);
	free(o->why);
	*o = (struct vz_oci){0};
}

static char *find_program(const char *const *dirs, const char *name)
{
	for (; *dirs; dirs++) {
		auto_free char *path = vz_printf("%s/%s", *dirs, name);

		if (access(path, X_OK) == 0)
			return steal(&path);
	}
	return NULL;
}

static const char *refuse_runc(const struct vz_cgroups *c)
{
	return c->way == VZ_CGROUPS_NONE ? "cannot work without control groups mounted at " VZ_CGROUPS : NULL;
}

static const char *refuse_crun(const struct vz_cgroups *c)
{
	return c->mixed ? "cannot work with hybrid control groups that have controllers in both trees" : refuse_runc(c);
}

static const struct {
	const char *name;
	const char *(*refuse)(const struct vz_cgroups *c);
} known[] = { { "runc", refuse_runc }, { "crun", refuse_crun } };

static void add_why(struct vz_oci *o, const char *name, const char *why)
{
	char *all = vz_printf("%s%s%s: %s", o->why ? o->why : "", o->why ? "; " : "", name, why);

	free(o->why);
	o->why = all;
}

int vz_oci_find(const char *const *dirs, const struct vz_cgroups *cgroups, struct vz_oci *ret, struct vz_err *err)
{
	auto_oci struct vz_oci o = { .cgroups = *cgroups };

	dirs = dirs ? dirs : usual_dirs;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const char *refused = known[i].refuse(cgroups);
		auto_free char *path = find_program(dirs, known[i].name);

		if (!path || refused || o.path) {
			add_why(&o, known[i].name, !path ? "is not installed" : refused ? refused : "is not needed");
			continue;
		}
		o.name = known[i].name;
		o.path = steal(&path);
	}
	if (!o.path) {
		vz_err_set(err, VZ_FAILED, "no OCI runtime works here (%s)", o.why);
		return vz_err_hint(err, "install the package 'runc' or 'crun'");
	}
	o.init = find_program(dirs, "catatonit");
	if (!o.init) {
		vz_err_set(err, VZ_FAILED, "there is no init to run in environments: 'catatonit' is not installed");
		return vz_err_hint(err, "install the package 'catatonit'");
	}
	*ret = o;
	o = (struct vz_oci){0};
	return 0;
}

int vz_oci_version(const struct vz_oci *o, char **ret, struct vz_err *err)
{
	const char *const argv[] = { o->path, "--version", NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1, .timeout_ms = PATIENCE_MS };
	auto_buf struct vz_buf out = {0};
	int status = 0;

	if (vz_proc_run(&p, &status, &out, NULL, err) < 0)
		return -1;
	if (status || !out.len)
		return vz_err_set(err, VZ_FAILED, "'%s --version' failed", o->path);
	vz_clean(out.data, VZ_CLEAN_TEXT);
	*ret = vz_strndup(out.data, strcspn(out.data, "\n"));
	return 0;
}

char *vz_oci_last_error(const char *log, size_t len)
{
	char *found = NULL;

	for (const char *end = log + len; log < end;) {
		const char *newline = memchr(log, '\n', (size_t)(end - log));
		size_t n = newline ? (size_t)(newline - log) : (size_t)(end - log);
		json_t *line = json_loadb(log, n, 0, NULL);
		const char *level = json_string_value(json_object_get(line, "level"));
		const char *msg = json_string_value(json_object_get(line, "msg"));

		if (msg && level && (!strcmp(level, "error") || !strcmp(level, "fatal"))) {
			free(found);
			found = vz_strdup(msg);
		}
		json_decref(line);
		log += n + 1;
	}
	return found;
}

static int fail(const struct vz_oci_call *c, const char *log_path, struct vz_err *err)
{
	auto_buf struct vz_buf log = {0};
	auto_free char *said = NULL;
	struct vz_err unused;

	if (vz_read_file(AT_FDCWD, log_path, MAX_LOG, &log, &unused) == 0 && log.len)
		said = vz_oci_last_error(log.data, log.len);
	return vz_err_set(err, VZ_FAILED, "'%s %s' failed: %s", c->path, c->verb, said ? said : "it does not say why");
}

int vz_oci_run(const struct vz_oci_call *c, struct vz_err *err)
{
	auto_free char *state = vz_printf("%s/state", c->dir), *log = vz_printf("%s/log", c->dir);
	const char *argv[10 + MAX_OPTIONS] = { c->path, "--root", state, "--log", log, "--log-format", "json", c->verb };
	struct vz_proc p = {
		.argv = argv, .stdin_fd = c->stdin_fd, .timeout_ms = PATIENCE_MS,
		.pass = { { c->output_fd, STDOUT_FILENO }, { c->output_fd, STDERR_FILENO } },
	};
	size_t n = 8;
	int status = 0;

	for (size_t i = 0; c->options && c->options[i] && i < MAX_OPTIONS; i++)
		argv[n++] = c->options[i];
	argv[n] = c->id;
	if (c->output_fd < 0)
		p.pass[0].as = 0;
	unlink(log);
	if (vz_proc_run(&p, &status, NULL, NULL, err) < 0)
		return -1;
	return status ? fail(c, log, err) : 0;
}
