/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cases as files, below tests/fixtures: text in front, then sections that begin
 * with a line "== HEAD".
 *
 *     cases_run("merge/records", run_case);
 */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fd.h"
#include "tests/unit/unit.h"

#define CASES_SECTIONS 64

struct cases_section {
	char *head;
	struct vz_buf body;      /* points into the file's text */
};

struct cases_case {
	char *name;
	struct cases_section sections[CASES_SECTIONS];
	size_t n;
};

/* The section's text, or an empty one. */
static inline const struct vz_buf *cases_body(const struct cases_case *c, const char *head)
{
	static const struct vz_buf none;

	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->sections[i].head, head) == 0)
			return &c->sections[i].body;
	return &none;
}

static inline void cases_cut(struct cases_case *c, struct vz_buf *text)
{
	for (char *p = strncmp(text->data, "== ", 3) ? strstr(text->data, "\n== ") : text->data - 1; p;) {
		struct cases_section *s = &c->sections[c->n++];
		char *body;

		ck_assert_msg(c->n < CASES_SECTIONS, "'%s'", c->name);
		s->head = p + 4;
		body = strchr(s->head, '\n');
		ck_assert_msg(body, "'%s'", c->name);
		*body++ = 0;
		p = strncmp(body, "== ", 3) == 0 ? body - 1 : strstr(body, "\n== ");
		s->body.data = body;
		s->body.len = p ? (size_t)(p - body) + 1 : strlen(body);
		if (p && p == body - 1)
			s->body.len = 0;
	}
}

/* Calls `run` for each file NAME.case of a directory. */
static inline void cases_run(const char *dir, void (*run)(struct cases_case *c))
{
	auto_free char *path = vz_printf("%s/tests/fixtures/%s", getenv("top_srcdir"), dir);
	DIR *d = opendir(path);
	struct dirent *e;
	size_t n = 0;

	ck_assert_msg(d, "%s", path);
	while ((e = readdir(d))) {
		auto_free char *file = vz_printf("%s/%s", path, e->d_name);
		auto_buf struct vz_buf text = {0};
		struct cases_case c = { .name = e->d_name };
		struct vz_err err = {0};

		if (!strstr(e->d_name, ".case"))
			continue;
		must(vz_read_file(AT_FDCWD, file, 1 << 20, &text, &err));
		cases_cut(&c, &text);
		run(&c);
		n++;
	}
	closedir(d);
	ck_assert_uint_gt(n, 0);
}

#endif
