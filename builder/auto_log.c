/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/auto_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "store/document.h"

#define LOG_LIMIT (16 << 20)
#define KEPT 400
#define DIRECTORY "auto"

/* ---- events ---- */

static const char *const states[] = {
	[VZ_AUTO_SAME] = "same",   [VZ_AUTO_LEFT] = "left", [VZ_AUTO_FETCHED] = "fetched",
	[VZ_AUTO_BUILT] = "built", [VZ_AUTO_HELD] = "held", [VZ_AUTO_WITHDRAWN] = "withdrawn",
	[VZ_AUTO_MOVED] = "moved", [VZ_AUTO_BACK] = "back", [VZ_AUTO_FAILED] = "failed", [VZ_AUTO_TRIED] = "tried",
};

const char *vz_auto_state_name(enum vz_auto_state s)
{
	return states[s];
}

void vz_auto_event_release(struct vz_auto_event *e)
{
	free(e->name);
	free(e->words);
	*e = (struct vz_auto_event){0};
}

void vz_auto_event_write(const struct vz_auto_event *e, struct vz_buf *ret)
{
	auto_free char *words = vz_strdup(e->words ? e->words : "");

	/* they go into a document, which is UTF-8, and into a line */
	vz_clean(words, VZ_CLEAN_LINE);
	for (char *p = words; *p; p++)
		if (*p & 0x80)
			*p = '?';
	vz_buf_printf(ret, "%s %s %s %u %u %s", e->template ? "template" : "env", e->name, states[e->state], e->from, e->to, words);
}

bool vz_auto_event_read(const char *line, struct vz_auto_event *ret)
{
	char kind[16], name[256], state[16];
	unsigned from, to;
	int at = 0;

	if (sscanf(line, "%15s %255s %15s %u %u%n", kind, name, state, &from, &to, &at) != 5 || line[at] != ' ' ||
	    (strcmp(kind, "template") && strcmp(kind, "env")))
		return false;
	for (unsigned i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(states[i], state) == 0) {
			*ret = (struct vz_auto_event){ !strcmp(kind, "template"), vz_strdup(name), (enum vz_auto_state)i, from, to,
						       vz_strdup(line + at + 1) };
			return true;
		}
	return false;
}

/* ---- logs ---- */

/* As it is written: members that a run that has not ended does not have. */
struct form {
	int64_t started, ended;
	unsigned code;               /* one higher: 0 is absent */
	struct vz_texts events;
	uint64_t same;
};
#define MEMBER(name) offsetof(struct form, name)

static const struct vz_member members[] = {
	{ "started", VZ_MEMBER_TIME, MEMBER(started), false },
	{ "ended", VZ_MEMBER_TIME, MEMBER(ended), true },
	{ "code", VZ_MEMBER_ORDINAL, MEMBER(code), true },
	{ "events", VZ_MEMBER_TEXTS, MEMBER(events), true },
	{ "same", VZ_MEMBER_COUNT, MEMBER(same), true },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-auto 1", "log of a scheduled update", members };

void vz_auto_log_release(struct vz_auto_log *l)
{
	vz_texts_release(&l->events);
	*l = (struct vz_auto_log){0};
}

void vz_auto_log_add(struct vz_auto_log *l, const struct vz_auto_event *e)
{
	auto_buf struct vz_buf line = {0};

	if (!e->template && e->state == VZ_AUTO_SAME) {
		l->same++;
		return;
	}
	vz_auto_event_write(e, &line);
	vz_texts_add(&l->events, line.data);
}

int vz_auto_log_format(const struct vz_auto_log *l, struct vz_buf *ret, struct vz_err *err)
{
	const struct form f = { l->started, l->ended, l->ended ? l->code + 1 : 0, l->events, l->same };

	return vz_document_format(&kind, &f, ret, err);
}

static bool is_sound(const struct form *f)
{
	if (f->started <= 0 || f->ended < 0 || !f->ended != !f->code || f->code > VZ_EXISTS + 1)
		return false;
	for (size_t i = 0; i < f->events.n; i++) {
		struct vz_auto_event e;

		if (!vz_auto_event_read(f->events.v[i], &e))
			return false;
		vz_auto_event_release(&e);
	}
	return true;
}

int vz_auto_log_parse(const char *text, size_t len, struct vz_auto_log *ret, struct vz_err *err)
{
	struct form f = {0};

	if (vz_document_parse(&kind, text, len, &f, err) < 0) {
		vz_document_release(&kind, &f);
		return -1;
	}
	if (!is_sound(&f)) {
		vz_document_release(&kind, &f);
		return vz_err_set(err, VZ_DAMAGED, "the %s says what none can say", kind.noun);
	}
	*ret = (struct vz_auto_log){ f.started, f.ended, f.code ? f.code - 1 : 0, f.events, f.same };
	return 0;
}

/* ---- those that are kept ---- */

static int prune(struct vz_store *s, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};
	auto_fd int dir = vz_open_dir(vz_store_fd(s), DIRECTORY, err);

	if (dir < 0 || vz_list_dir(dir, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; names.n > KEPT && i < names.n - KEPT; i++)
		if (unlinkat(dir, names.v[i], 0) < 0)
			return vz_err_sys(err, "remove '" DIRECTORY "/%s'", names.v[i]);
	return 0;
}

int vz_auto_log_write(struct vz_store *s, const struct vz_auto_log *l, struct vz_err *err)
{
	auto_free char *path = vz_printf(DIRECTORY "/%010" PRId64, l->started);
	auto_buf struct vz_buf text = {0};

	if (vz_make_dirs(vz_store_fd(s), DIRECTORY, 0700, err) < 0 || vz_auto_log_format(l, &text, err) < 0 ||
	    vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err) < 0)
		return -1;
	return l->ended ? prune(s, err) : 0;
}

struct vz_auto_log *vz_auto_log_read_all(const struct vz_store *s, size_t *ret_n, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};
	struct vz_auto_log *all;
	size_t n = 0;

	if (vz_list_dir(vz_store_fd(s), DIRECTORY, &names, err) < 0 && err->code != VZ_NOTFOUND)
		return NULL;
	all = vz_alloc((names.n + 1) * sizeof *all);
	for (; n < names.n; n++) {
		auto_free char *path = vz_printf(DIRECTORY "/%s", names.v[n]);
		auto_buf struct vz_buf text = {0};

		if (vz_read_file(vz_store_fd(s), path, LOG_LIMIT, &text, err) < 0 ||
		    vz_auto_log_parse(text.data, text.len, &all[n], err) < 0) {
			vz_err_wrap(err, "'%s'", path);
			while (n > 0)
				vz_auto_log_release(&all[--n]);
			free(all);
			return NULL;
		}
	}
	*ret_n = n;
	return all;
}

int64_t vz_auto_log_start(const struct vz_store *s, int64_t now)
{
	for (;; now++) {
		auto_free char *path = vz_printf(DIRECTORY "/%010" PRId64, now);

		if (faccessat(vz_store_fd(s), path, F_OK, 0) < 0)
			return now;
	}
}
