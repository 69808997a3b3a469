/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/report.h"

#include <stdarg.h>

#include "base/alloc.h"
#include "base/err.h"

static void tell(const struct vz_report *r, enum vz_report_kind kind, const char *fmt, va_list ap)
{
	char *text;

	if (!r || !r->tell)
		return;
	text = vz_vprintf(fmt, ap);
	vz_clean(text, VZ_CLEAN_LINE);
	r->tell(r->ctx, kind, text, 0, 0);
	free(text);
}

#define TELLER(name, kind) \
	void name(const struct vz_report *r, const char *fmt, ...) \
	{ \
		va_list ap; \
\
		va_start(ap, fmt); \
		tell(r, kind, fmt, ap); \
		va_end(ap); \
	}

TELLER(vz_report_stage, VZ_REPORT_STAGE)
TELLER(vz_report_note, VZ_REPORT_NOTE)
TELLER(vz_report_debug, VZ_REPORT_DEBUG)

void vz_report_progress(const struct vz_report *r, const char *what, uint64_t done, uint64_t total)
{
	if (r && r->tell)
		r->tell(r->ctx, VZ_REPORT_PROGRESS, what, done, total);
}
