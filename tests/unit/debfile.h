/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .deb files from a description, for tests: also such as no tool would write. */
#ifndef TESTS_DEBFILE_H
#define TESTS_DEBFILE_H

#include "tests/unit/archive.h"

#define CONTROL "Package: tst\nVersion: 1\nArchitecture: amd64\n"
#define MAX_ITEMS 5

/* A .deb; what is 0 or NULL gets a plain value. */
struct deb_spec {
	struct item data[MAX_ITEMS];             /* of the data archive; the root directory */
	struct item control[MAX_ITEMS];          /* of the control archive; a control file */
	const char *data_name, *control_name;    /* of the ar members */
	const char *version;                     /* "2.0\n" */
	const char *tail;                        /* of the data archive, behind its end */
	const char *more;                        /* of the whole, behind its end */
	bool endless;                            /* the data archive has no end mark */
	struct raw raw;                          /* on the whole: AR_CONTROL and AR_DATA are where the members' headers are,
	                                            the latter if the control archive is a plain one */
};

#define AR_VERSION 8
#define AR_CONTROL (AR_VERSION + 60 + 4)
#define AR_DATA (AR_CONTROL + 60 + 2048)

static inline void add_items(struct vz_buf *tar, const struct item *items)
{
	for (int i = 0; i < MAX_ITEMS && items[i].name; i++)
		tar_add(tar, &items[i]);
}

static inline void deb_spec_make(const struct deb_spec *s, struct vz_buf *deb)
{
	static const struct item plain[MAX_ITEMS] = { { .name = "./control", .data = CONTROL } };
	static const struct item root[MAX_ITEMS] = { { .type = '5', .name = "./" } };
	const char *version = s->version ? s->version : "2.0\n";
	auto_buf struct vz_buf c = {0}, d = {0};

	add_items(&c, s->control->name ? s->control : plain);
	tar_end(&c);
	add_items(&d, s->data->name ? s->data : root);
	if (!s->endless)
		tar_end(&d);
	if (s->tail)
		vz_buf_puts(&d, s->tail);
	ar_add(deb, "debian-binary", version, strlen(version));
	ar_add(deb, s->control_name ? s->control_name : "control.tar", c.data, c.len);
	ar_add(deb, s->data_name ? s->data_name : "data.tar", d.data, d.len);
	if (s->raw.len)
		memcpy(deb->data + s->raw.at, s->raw.bytes, s->raw.len);
	if (s->more)
		vz_buf_puts(deb, s->more);
}

#endif
