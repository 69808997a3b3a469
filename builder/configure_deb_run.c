/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <errno.h>
#include <pthread.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "link/enter.h"

#define TIME_LIMIT (30 * 60)
#define LOG_LIMIT (16u << 20)
#define LINE_LIMIT 4096

/* Reads what comes out, on a thread of its own: the log, and the status lines. */
struct listener {
	const struct vz_configure *c;
	int log[2], status[2];           /* pipes */
	bool started;
	pthread_t thread;
	size_t log_start, logged;
	char line[LINE_LIMIT];
	size_t line_len;
	size_t installed;
	char current[256];               /* "configure: NAME" */
	char *failed, *reason;           /* the first package that failed */
};

static void listen_log(struct listener *l, const char *data, size_t len)
{
	size_t room = LOG_LIMIT - l->logged;

	if (!room)
		return;
	vz_buf_add(l->c->log, data, len < room ? len : room);
	l->logged += len < room ? len : room;
	if (l->logged == LOG_LIMIT)
		vz_buf_puts(l->c->log, "\n[the rest of the output was dropped]\n");
}

/* "status: NAME: STATE", "status: NAME : error : MESSAGE", "processing: ACTION: NAME" (dpkg(1), --status-fd). */
static void listen_line(struct listener *l, char *line)
{
	char *error = strstr(line, " : error : ");

	if (strncmp(line, "processing: ", 12) == 0) {
		snprintf(l->current, sizeof l->current, "%s", line + 12);
	} else if (strncmp(line, "status: ", 8) == 0 && error && !l->failed) {
		*error = 0;
		l->failed = vz_strdup(line + 8);
		l->reason = vz_strdup(error + strlen(" : error : "));
	} else if (strncmp(line, "status: ", 8) == 0 && strstr(line, ": installed")) {
		if (l->installed < l->c->n)
			l->installed++;
		vz_report_progress(l->c->report, "configure", l->installed, l->c->n);
	}
}

static void listen_status(struct listener *l, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n') {
			if (l->line_len < sizeof l->line - 1)
				l->line[l->line_len++] = data[i];
			continue;
		}
		l->line[l->line_len] = 0;
		l->line_len = 0;
		listen_line(l, l->line);
	}
}

/* False once nobody can write any more. */
static bool listen_to(struct listener *l, const struct pollfd *p, void (*take)(struct listener *, const char *, size_t))
{
	char data[16384];
	ssize_t len;

	if (!p->revents)
		return true;
	len = read(p->fd, data, sizeof data);
	if (len > 0)
		take(l, data, (size_t)len);
	return len > 0 || (len < 0 && errno == EINTR);
}

static void *listen_all(void *arg)
{
	struct listener *l = arg;
	struct pollfd p[] = { { l->log[0], POLLIN, 0 }, { l->status[0], POLLIN, 0 } };

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].fd >= 0 && !listen_to(l, &p[0], listen_log))
			p[0].fd = -1;
		if (p[1].fd >= 0 && !listen_to(l, &p[1], listen_status))
			p[1].fd = -1;
	}
	return NULL;
}

static int listener_start(struct listener *l, struct vz_err *err)
{
	if (pipe2(l->log, O_CLOEXEC) < 0 || pipe2(l->status, O_CLOEXEC) < 0)
		return vz_err_sys(err, "make a pipe");
	errno = pthread_create(&l->thread, NULL, listen_all, l);
	if (errno)
		return vz_err_sys(err, "start a thread");
	l->started = true;
	return 0;
}

/* Waits for the last of the output. */
static void listener_stop(struct listener *l)
{
	const int fds[] = { l->log[1], l->status[1], l->log[0], l->status[0] };

	for (int i = 0; i < 4; i++) {
		if (i == 2 && l->started)
			pthread_join(l->thread, NULL);
		if (fds[i] >= 0)
			close(fds[i]);
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
			      vz_record_member(c->packages[i].record, "preinst") ? "preinst" : "-");
	}
	if (vz_write_fd(fd, list.data, list.len, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "rewind a memory file");
	return steal_fd(&fd);
}

/* The end of the output as one line. */
static void last_words(const struct listener *l, char *ret, size_t size)
{
	const struct vz_buf *log = l->c->log;
	size_t len = log->len - l->log_start, at = 0;
	const char *p;

	while (len && log->data[l->log_start + len - 1] == '\n')
		len--;
	p = log->data + l->log_start + len;
	while (p > log->data + l->log_start && (size_t)(log->data + l->log_start + len - p) < size - 8)
		p--;
	for (; p < log->data + l->log_start + len && at + 4 < size; p++)
		if (*p == '\n')
			at += (size_t)snprintf(ret + at, size - at, " | ");
		else
			ret[at++] = *p;
	ret[at] = 0;
}

static int judge(const struct listener *l, int status, struct vz_err *err)
{
	char words[400];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (l->failed)
		vz_err_set(err, VZ_SCRIPT, "package '%s': %s", l->failed, l->reason);
	else
		vz_err_set(err, VZ_SCRIPT, "configuring the packages failed at '%s' with status %d", l->current,
			   WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	if (l->c->log->len == l->log_start)
		return -1;
	last_words(l, words, sizeof words);
	return vz_err_hint(err, "it said: %s", words);
}

static int enter(const struct listener *l, int root_fd, int list, int *ret_status, struct vz_err *err)
{
	auto_free char *date = vz_printf("SOURCE_DATE_EPOCH=%lld", (long long)l->c->date);
	const struct vz_enter e = {
		.root_fd = root_fd,
		.argv = (const char *const[]){ "sh", "-c", vz_deb_driver, NULL },
		.envp = (const char *const[]){
			date, "PATH=" VZ_BUILD_BIN ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
			"DPKG_COLORS=never", "DPKG_ROOT=", "DPKG_ADMINDIR=" VZ_DPKG_DIR, "DPKG_MAINTSCRIPT_NAME=preinst",
			"DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1", "DPKG_MAINTSCRIPT_DEBUG=0", "PERL_HASH_SEED=0",
			"PYTHONHASHSEED=0", NULL },
		.hostname = "localhost", .stdin_fd = list, .stdout_fd = l->status[1], .stderr_fd = l->log[1],
		.private_network = true, .build = true, .timeout_seconds = TIME_LIMIT,
	};

	if (vz_enter_run(&e, ret_status, err) < 0)
		return l->current[0] ? vz_err_wrap(err, "at '%s'", l->current) : -1;
	return 0;
}

int vz_deb_run(const struct vz_configure *c, int root_fd, struct vz_err *err)
{
	struct listener l = { .c = c, .log = { -1, -1 }, .status = { -1, -1 }, .log_start = c->log->len };
	auto_fd int list = list_packages(c, err);
	int status = 0, rc;

	if (list < 0)
		return -1;
	rc = listener_start(&l, err);
	if (rc == 0)
		rc = enter(&l, root_fd, list, &status, err);
	listener_stop(&l);
	if (rc == 0)
		rc = judge(&l, status, err);
	free(l.failed);
	free(l.reason);
	return rc;
}
