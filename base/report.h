/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How rooms tell what they are doing, without printing.
 *
 * vzpkg/ fills a `struct vz_report` and passes it down; a room calls
 * vz_report_stage() when work of a kind begins, vz_report_progress() as it
 * goes on (from any thread, as often as it likes), vz_report_note() for what
 * the user should know though nothing failed. A NULL report is silence.
 */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include <stdint.h>

enum vz_report_kind { VZ_REPORT_STAGE, VZ_REPORT_PROGRESS, VZ_REPORT_NOTE, VZ_REPORT_DEBUG };

struct vz_report {
	/* `text` is a line without newline; `done`/`total` in `unit` for progress
	 * (total 0: unknown). Called from any thread; the callee locks. */
	void (*tell)(void *ctx, enum vz_report_kind kind, const char *text, uint64_t done, uint64_t total);
	void *ctx;
};

void vz_report_stage(const struct vz_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vz_report_progress(const struct vz_report *r, const char *what, uint64_t done, uint64_t total);
void vz_report_note(const struct vz_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vz_report_debug(const struct vz_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
