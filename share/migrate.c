/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/migrate.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/table.h"
#include "share/backup.h"

#define MAX_ANSWER ((size_t)256 << 20)
#define SSH_FAILED 255

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* What ssh hands to a shell there, or takes for an option here, is checked before. */
static int check_words(const struct vz_migrate *m, struct vz_err *err)
{
	if (!*m->host || strspn(m->host, LETTERS "._-@:%[]") != strlen(m->host) || *m->host == '-')
		return vz_err_set(err, VZ_USAGE, "'%s' is not [USER@]HOST", m->host);
	if (!*m->command || strspn(m->command, LETTERS "/._-+") != strlen(m->command) || *m->command == '-')
		return vz_err_set(err, VZ_USAGE, "'%s' cannot be the command of another host", m->command);
	return 0;
}

/* The last line that the other side said, without who says it. */
static void take_reason(const struct vz_buf *said, char *ret, size_t room)
{
	const char *text = said->len ? said->data : "", *best = text, *error;

	for (const char *p = text; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] != 0))
		if (*p != '\n' && strncmp(p, "hint: ", 6) != 0)
			best = p;
	error = strstr(best, "error: ");
	best = error ? error + 7 : best;
	snprintf(ret, room, "%.*s", (int)strcspn(best, "\r\n"), best);
}

/* Runs vzpkg there; `words` end with NULL. */
static int ask(struct vz_migrate *m, const char *const *words, int input, struct vz_buf *ret_out, struct vz_err *err)
{
	const char *ssh = secure_getenv("VZPKG_SSH"), *argv[12] = { ssh && *ssh ? ssh : "ssh", "-T", "--", m->host, m->command };
	struct vz_proc p = { .argv = argv, .envp = (const char *const *)environ, .stdin_fd = input, .output_limit = MAX_ANSWER };
	auto_buf struct vz_buf said = {0};
	char reason[512];
	int status;

	for (size_t i = 0; words[i]; i++)
		argv[5 + i] = words[i];
	if (vz_proc_run(&p, &status, ret_out, &said, err) < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	take_reason(&said, reason, sizeof reason);
	if (WIFEXITED(status) && WEXITSTATUS(status) <= VZ_EXISTS)
		return vz_err_set(err, (enum vz_code)WEXITSTATUS(status), "host '%s': %s", m->host, reason);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SSH_FAILED)
		return vz_err_set(err, VZ_NETWORK, "no way to host '%s': %s", m->host, reason);
	return vz_err_set(err, VZ_FAILED, "host '%s': '%s' cannot be run: %s", m->host, m->command, reason);
}

static int stage_file(struct vz_migrate *m, struct vz_err *err)
{
	int stage = vz_store_stage(m->store, err);

	return stage < 0 ? -1 : vz_store_begin_file(m->store, stage, err);
}

/* Which contents of the environment, of which all go to `ret_all`, the other host does not have. */
static int find_lacking(struct vz_migrate *m, struct vz_table *ret_all, struct vz_table *ret, struct vz_err *err)
{
	static const char *const words[] = { "restore", "--lacking", "-", NULL };
	auto_buf struct vz_buf lines = {0}, answer = {0};
	auto_fd int fd = stage_file(m, err);

	if (fd < 0 || vz_backup_contents(m->store, m->name, ret_all, err) < 0)
		return -1;
	for (size_t i = 0; i < ret_all->n; i++)
		vz_buf_printf(&lines, "%s\n", ret_all->items[i].key);
	if (vz_write_fd(fd, lines.data, lines.len, err) < 0 || lseek(fd, 0, SEEK_SET) < 0 || ask(m, words, fd, &answer, err) < 0)
		return -1;
	for (char *p = answer.len ? answer.data : NULL, *end; p && *p; p = end + 1) {
		end = strchr(p, '\n');
		if (!end)
			return vz_err_set(err, VZ_FAILED, "host '%s' gives an answer that breaks off", m->host);
		*end = 0;
		/* it gets what it asked for, if it is the environment's */
		if (vz_table_has(ret_all, p))
			vz_table_put(ret, p, NULL);
	}
	return 0;
}

static int send(struct vz_migrate *m, struct vz_backup *b, struct vz_err *err)
{
	static const char *const contents[] = { "restore", "--contents", "-", NULL };
	const char *const whole[] = { "restore", "--offline", "-", m->name, NULL };
	auto_fd int fd = stage_file(m, err);

	b->store = m->store;
	b->name = m->name;
	b->fd = fd;
	b->report = m->report;
	if (fd < 0 || vz_backup(b, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "read what is to be sent");
	m->sent += b->size;
	m->sent_stopped += b->contents_only ? 0 : b->size;
	return ask(m, b->contents_only ? contents : whole, fd, NULL, err);
}

static int move_idle(struct vz_migrate *m, struct vz_err *err)
{
	auto_table struct vz_table all = {0}, lacking = {0};
	struct vz_backup b = { .wanted = &lacking };

	vz_report_stage(m->report, "sending '%s' to '%s'", m->name, m->host);
	return find_lacking(m, &all, &lacking, err) < 0 ? -1 : send(m, &b, err);
}

/* What was there before the stop is there by now; nobody has to be asked for it again. */
static int move_stopped(struct vz_migrate *m, const struct vz_table *sent, struct vz_err *err)
{
	const char *const start[] = { "start", m->name, NULL }, *const remove[] = { "remove", "env", m->name, NULL };
	struct vz_backup b = { .known = sent };
	struct vz_err unused;

	if (send(m, &b, err) < 0)
		return -1;
	if (ask(m, start, -1, NULL, err) == 0)
		return 0;
	ask(m, remove, -1, NULL, &unused);
	return -1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int move_running(struct vz_migrate *m, struct vz_err *err)
{
	auto_table struct vz_table all = {0}, lacking = {0};
	struct vz_backup b = { .wanted = &lacking, .contents_only = true };
	struct vz_err unused;
	double stopped;

	vz_report_stage(m->report, "sending contents to '%s'", m->host);
	if (find_lacking(m, &all, &lacking, err) < 0 || send(m, &b, err) < 0)
		return -1;
	vz_report_stage(m->report, "stopping '%s', and sending it", m->name);
	stopped = now();
	if (m->stop(m->ctx, err) < 0)
		return -1;
	if (move_stopped(m, &all, err) < 0) {
		m->start(m->ctx, &unused);
		return -1;
	}
	m->pause = now() - stopped;
	return 0;
}

int vz_migrate(struct vz_migrate *m, struct vz_err *err)
{
	m->sent = m->sent_stopped = 0;
	m->pause = 0;
	if (check_words(m, err) < 0)
		return -1;
	return (m->stop ? move_running : move_idle)(m, err);
}
