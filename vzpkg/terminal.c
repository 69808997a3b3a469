/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/terminal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "vzpkg/json.h"

/* The one line that is redrawn. The process has one terminal, so this is static. */
static struct {
	pthread_mutex_t lock;
	bool bar, colour, drawn, finished;
	char what[64];
	struct timespec start, last;
	uint64_t first;                  /* `done` at `start` */
} line = { .lock = PTHREAD_MUTEX_INITIALIZER };

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

const char *vz_human_bytes(uint64_t n, char *buf)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)n;
	int u = 0;

	while (v >= 1024 && u < 4) {
		v /= 1024;
		u++;
	}
	snprintf(buf, 16, u && v < 100 ? "%.1f %s" : "%.0f %s", v, units[u]);
	return buf;
}

const char *vz_human_time(int64_t t, char *buf)
{
	time_t when = (time_t)t;
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(buf, 32, "%Y-%m-%d %H:%M", &tm))
		snprintf(buf, 32, "-");
	return buf;
}

static void erase(void)
{
	if (line.drawn)
		fputs("\r\033[K", stderr);
	line.drawn = false;
}

/* Bytes are shown as such, with a rate; anything else is counted. */
static void draw(const char *what, uint64_t done, uint64_t total)
{
	struct winsize ws = {0};
	bool bytes = total > 1 << 20;
	double elapsed, rate;
	char a[16], b[16], bar[33] = "";

	if (strncmp(what, line.what, sizeof line.what - 1)) {
		/* two kinds of work at once: the one that is shown stays until it ends or rests */
		if (line.what[0] && !line.finished && seconds_since(&line.last) < 1)
			return;
		snprintf(line.what, sizeof line.what, "%s", what);
		clock_gettime(CLOCK_MONOTONIC, &line.start);
		line.first = done;
	} else if (seconds_since(&line.last) < 0.1 && done != total) {
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &line.last);
	line.finished = total && done >= total;
	elapsed = seconds_since(&line.start);
	rate = elapsed > 0.3 ? (double)(done - line.first) / elapsed : 0;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= 72 && total)
		for (unsigned i = 0; i < 32; i++)
			bar[i] = i < 32 * done / total ? '#' : '.';
	erase();
	fprintf(stderr, "%-12.12s %s%s", line.what, bar, *bar ? " " : "");
	if (bytes) {
		fprintf(stderr, "%s", vz_human_bytes(done, a));
		fprintf(stderr, " of %s", vz_human_bytes(total, b));
	} else if (total) {
		fprintf(stderr, "%llu of %llu", (unsigned long long)done, (unsigned long long)total);
	} else {
		fprintf(stderr, "%s", vz_human_bytes(done, a));
	}
	if (rate > 0 && bytes)
		fprintf(stderr, ", %s/s", vz_human_bytes((uint64_t)rate, a));
	if (rate > 0 && total > done)
		fprintf(stderr, ", %.0f s left", (double)(total - done) / rate);
	line.drawn = true;
	fflush(stderr);
}

static void tell(void *ctx, enum vz_report_kind kind, const char *text, uint64_t done, uint64_t total)
{
	const struct vz_cli *cli = ctx;

	pthread_mutex_lock(&line.lock);
	if (kind == VZ_REPORT_PROGRESS) {
		if (line.bar)
			draw(text, done, total);
	} else if (!cli->quiet && (kind != VZ_REPORT_DEBUG || cli->verbose)) {
		erase();
		if (kind == VZ_REPORT_NOTE)
			fprintf(stderr, "note: %s\n", text);
		else if (kind == VZ_REPORT_DEBUG || !line.bar || cli->verbose)
			fprintf(stderr, "%s\n", text);
		else
			line.drawn = fprintf(stderr, "%s", text) > 0;
		line.what[0] = 0;
		fflush(stderr);
	}
	pthread_mutex_unlock(&line.lock);
}

void vz_terminal_setup(struct vz_cli *cli)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");

	line.bar = tty && !cli->no_progress && !cli->quiet;
	line.colour = tty && !(no_color && *no_color);
	cli->report = (struct vz_report){ tell, cli };
}

void vz_terminal_end(void)
{
	pthread_mutex_lock(&line.lock);
	erase();
	fflush(stderr);
	pthread_mutex_unlock(&line.lock);
}

void vz_terminal_error(const struct vz_cli *cli, const struct vz_err *err)
{
	const char *red = line.colour ? "\033[1;31m" : "", *plain = line.colour ? "\033[0m" : "";

	fprintf(stderr, "vzpkg: %serror:%s %s\n", red, plain, err->msg);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
	if (cli->json)
		vz_json_error(err);
}
