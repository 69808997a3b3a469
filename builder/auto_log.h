/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of scheduled updates: what each run did, kept.
 *
 *     ROOT/auto/<time at which it began, ten digits or more>
 *
 * A document (store/document.h) of format "vzpkg-auto 1": the members of struct
 * vz_auto_log under their names, `code` one higher, and absent as long as the
 * run has not ended.  Of a run that was cut off that stays so.  An event is a
 * line, its words to the end:
 *
 *     template|env NAME STATE FROM TO WORDS
 *
 * FROM and TO are versions of a template or generations of an environment.
 * The newest 400 are kept.
 */
#ifndef BUILDER_AUTO_LOG_H
#define BUILDER_AUTO_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/texts.h"
#include "store/store.h"

enum vz_auto_state {
	VZ_AUTO_SAME,            /* nothing to do */
	VZ_AUTO_LEFT,            /* its owner wants it left alone */
	VZ_AUTO_FETCHED,         /* template: packages came, nothing was built */
	VZ_AUTO_BUILT,           /* template: a new version */
	VZ_AUTO_HELD,            /* what it would get is known to be bad */
	VZ_AUTO_WITHDRAWN,       /* template: the version before is current again */
	VZ_AUTO_TRIED,           /* env, of a dry run: it would be among the first that are moved, and be judged */
	VZ_AUTO_MOVED,           /* env */
	VZ_AUTO_BACK,            /* env: moved, and moved back */
	VZ_AUTO_FAILED,
};
const char *vz_auto_state_name(enum vz_auto_state s);

struct vz_auto_event {
	bool template;           /* else an environment */
	char *name;
	enum vz_auto_state state;
	unsigned from, to;
	char *words;             /* why; "" where the state says all */
};
void vz_auto_event_release(struct vz_auto_event *e);
void vz_auto_event_write(const struct vz_auto_event *e, struct vz_buf *ret);       /* without a newline */
bool vz_auto_event_read(const char *line, struct vz_auto_event *ret);              /* false: it is none */

struct vz_auto_log {
	int64_t started, ended;          /* Unix time; `ended` 0: it has not, or was cut off */
	unsigned code;                   /* it ended with, of enum vz_code */
	struct vz_texts events;          /* but those of environments that stay as they are */
	uint64_t same;                   /* how many do */
};
void vz_auto_log_release(struct vz_auto_log *l);
#define auto_run_log __attribute__((cleanup(vz_auto_log_release)))

/* Adds an event; for `same` of an environment only counts. */
void vz_auto_log_add(struct vz_auto_log *l, const struct vz_auto_event *e);
/* Durably, in place of what there is of that run. With the run's end, older ones go. */
int vz_auto_log_write(struct vz_store *s, const struct vz_auto_log *l, struct vz_err *err);
/* All that are kept, the oldest first; of each vz_auto_log_release(), then free(). NULL: failed. */
struct vz_auto_log *vz_auto_log_read_all(const struct vz_store *s, size_t *ret_n, struct vz_err *err);
/* A time that no run began at yet: `now`, or soon after. */
int64_t vz_auto_log_start(const struct vz_store *s, int64_t now);

/* The format itself, for tests and fuzzing. VZ_DAMAGED. */
int vz_auto_log_format(const struct vz_auto_log *l, struct vz_buf *ret, struct vz_err *err);
int vz_auto_log_parse(const char *text, size_t len, struct vz_auto_log *ret, struct vz_err *err);

#endif
