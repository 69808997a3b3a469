/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/mountinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fd.h"

#define MAX_TEXT (64 << 20)

void vz_mounts_release(struct vz_mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].root);
		free(m->v[i].point);
	}
	free(m->v);
	*m = (struct vz_mounts){0};
}

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' && p[2] <= '7';
}

/* Blanks, newlines and backslashes stand as \ooo. */
static char *unescape(const char *s, size_t len)
{
	char *ret = vz_alloc(len + 1), *to = ret;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 3 < len && is_octal(s + i + 1)) {
			*to++ = (char)((s[i + 1] - '0') << 6 | (s[i + 2] - '0') << 3 | (s[i + 3] - '0'));
			i += 3;
		} else {
			*to++ = s[i];
		}
	}
	*to = 0;
	return ret;
}

/* The next word of a line, and past it. */
static const char *word(const char **p, size_t *ret_len)
{
	const char *start = *p + strspn(*p, " ");

	*ret_len = strcspn(start, " ");
	*p = start + *ret_len;
	return start;
}

static int parse_line(const char *line, struct vz_mountinfo *ret)
{
	unsigned major, minor;
	const char *p, *s, *root, *point;
	size_t len, root_len, point_len;
	int n = 0;

	*ret = (struct vz_mountinfo){0};
	if (sscanf(line, "%u %u %u:%u %n", &ret->id, &ret->parent, &major, &minor, &n) != 4 || !n)
		return -1;
	p = line + n;
	root = word(&p, &root_len);
	point = word(&p, &point_len);
	word(&p, &len);
	if (!root_len || *root != '/' || !point_len || *point != '/' || !len)
		return -1;
	while (*(s = word(&p, &len)) && !(len == 1 && *s == '-'))
		if (!strncmp(s, "shared:", strlen("shared:")))
			ret->shared = true;
	ret->dev = makedev(major, minor);
	ret->root = unescape(root, root_len);
	ret->point = unescape(point, point_len);
	return 0;
}

int vz_mounts_parse(const char *text, size_t len, struct vz_mounts *ret, struct vz_err *err)
{
	auto_mounts struct vz_mounts m = {0};
	const char *end = text + len;

	while (text < end) {
		size_t n = strcspn(text, "\n");
		auto_free char *line = vz_strndup(text, n);

		vz_grow(m.v, m.n, m.cap);
		if (parse_line(line, &m.v[m.n]) < 0)
			return vz_err_set(err, VZ_FAILED, "mountinfo has the line '%s'", line);
		m.n++;
		text += n + (text[n] == '\n');
		if (text < end && !*text)
			return vz_err_set(err, VZ_FAILED, "mountinfo has a NUL byte");
	}
	*ret = m;
	m = (struct vz_mounts){0};
	return 0;
}

int vz_mounts_read(int proc, struct vz_mounts *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(proc, "thread-self/mountinfo", MAX_TEXT, &text, err) < 0)
		return -1;
	return vz_mounts_parse(text.data ? text.data : "", text.len, ret, err);
}
