/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "builder/listen.h"
#include "link/enter.h"

/* How far dpkg is. */
struct progress {
	const struct vz_configure *c;
	size_t installed;
	char current[256];               /* "configure: NAME" */
	char *failed, *reason;           /* the first package that failed */
};

/* "status: NAME: STATE", "status: NAME : error : MESSAGE", "processing: ACTION: NAME" (dpkg(1), --status-fd). */
static void on_line(void *ctx, char *line)
{
	struct progress *p = ctx;
	char *error = strstr(line, " : error : ");

	if (strncmp(line, "processing: ", 12) == 0) {
		snprintf(p->current, sizeof p->current, "%s", line + 12);
	} else if (strncmp(line, "status: ", 8) == 0 && error && !p->failed) {
		*error = 0;
		p->failed = vz_strdup(line + 8);
		p->reason = vz_strdup(error + strlen(" : error : "));
	} else if (strncmp(line, "status: ", 8) == 0 && strstr(line, ": installed")) {
		if (p->installed < p->c->n)
			p->installed++;
		vz_report_progress(p->c->report, "configure", p->installed, p->c->n);
	}
}

/* The packages in order, as the driver reads them. */
static int list_packages(const struct vz_configure *c, struct vz_err *err)
{
	auto_fd int fd = memfd_create("packages", MFD_CLOEXEC);
	auto_dpkg_packages struct vz_dpkg_packages packages = {0};
	auto_buf struct vz_buf list = {0};

	if (fd < 0)
		return vz_err_sys(err, "make a memory file");
	for (size_t i = 0; i < c->n; i++) {
		const struct vz_record_member *control = vz_record_member(c->packages[i].record, "control");
		auto_free char *name = NULL;

		if (vz_dpkg_packages_read(control->data, control->len, &packages, err) < 0)
			return -1;
		name = vz_dpkg_info_name(&packages.items[i]);
		vz_buf_printf(&list, "%s %s %s %s\n", packages.items[i].name, packages.items[i].arch, name,
			      vz_deb_preinst_runs(&c->packages[i]) ? "preinst" : "-");
	}
	if (vz_write_fd(fd, list.data, list.len, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "rewind a memory file");
	return steal_fd(&fd);
}

static int judge(const struct vz_listener *l, const struct progress *p, int status, struct vz_err *err)
{
	char words[400];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (p->failed)
		vz_err_set(err, VZ_SCRIPT, "package '%s': %s", p->failed, p->reason);
	else
		vz_err_set(err, VZ_SCRIPT, "configuring the packages failed at '%s' with status %d", p->current,
			   WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	vz_listener_last_words(l, words, sizeof words);
	return *words ? vz_err_hint(err, "it said: %s", words) : -1;
}

static int enter(const struct vz_listener *l, const struct progress *p, int root_fd, int list, int *ret_status,
		 struct vz_err *err)
{
	auto_free char *date = vz_printf("SOURCE_DATE_EPOCH=%lld", (long long)p->c->date);
	const struct vz_enter e = {
		.root_fd = root_fd,
		.argv = (const char *const[]){ "sh", "-c", vz_deb_driver, NULL },
		.envp = (const char *const[]){
			date, "PATH=" VZ_BUILD_BIN ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
			"DPKG_COLORS=never", "DPKG_ROOT=", "DPKG_ADMINDIR=" VZ_DPKG_DIR, "DPKG_MAINTSCRIPT_NAME=preinst",
			"DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1", "DPKG_MAINTSCRIPT_DEBUG=0", "PERL_HASH_SEED=0",
			"PYTHONHASHSEED=0", NULL },
		.hostname = "localhost", .stdin_fd = list, .stdout_fd = l->status_fd, .stderr_fd = l->log_fd,
		.private_network = true, .build = true, .timeout_seconds = vz_configure_seconds(),
	};

	if (vz_enter_run(&e, ret_status, err) < 0)
		return p->current[0] ? vz_err_wrap(err, "at '%s'", p->current) : -1;
	return 0;
}

int vz_deb_run(const struct vz_configure *c, int root_fd, struct vz_err *err)
{
	struct progress p = { .c = c };
	struct vz_listener l = { .log = c->log, .on_line = on_line, .ctx = &p };
	auto_fd int list = list_packages(c, err);
	int status = 0, rc;

	if (list < 0)
		return -1;
	rc = vz_listener_start(&l, err);
	if (rc == 0)
		rc = enter(&l, &p, root_fd, list, &status, err);
	vz_listener_stop(&l);
	if (rc == 0)
		rc = judge(&l, &p, status, err);
	free(p.failed);
	free(p.reason);
	return rc;
}
