/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/repomd.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "resolver/plan.h"
#include "resolver/xml_walk.h"

#define MAX_FILES 256
#define FIRST_DATE 946684800             /* the year 2000: what is less is a count, not a time */
#define LAST_DATE 4102444800             /* the year 2100 */

#define DATA "/repomd/data"

struct reading {
	struct vz_repomd *r;
	struct vz_repomd_file *f;                /* the element <data> at hand */
	struct vz_buf type;                      /* of the <checksum> at hand */
	bool is_repomd;
};

static void release_file(struct vz_repomd_file *f)
{
	free(f->type);
	free(f->location);
}

void vz_repomd_free(struct vz_repomd *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		release_file(&r->files[i]);
	free(r->files);
	free(r);
}

const struct vz_repomd_file *vz_repomd_file(const struct vz_repomd *r, const char *type)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->files[i].type, type) == 0)
			return &r->files[i];
	return NULL;
}

static int begin_data(struct reading *in, const char *type, struct vz_err *err)
{
	struct vz_repomd *r = in->r;

	if (!type || !*type || strlen(type) > 64)
		return vz_err_set(err, VZ_UNTRUSTED, "a <data> without type");
	if (vz_repomd_file(r, type))
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' is there twice", type);
	if (r->n == MAX_FILES)
		return vz_err_set(err, VZ_UNTRUSTED, "more than %d files", MAX_FILES);
	r->files = vz_realloc(r->files, r->n + 1, sizeof *r->files);
	in->f = &r->files[r->n++];
	*in->f = (struct vz_repomd_file){ .type = vz_strdup(type) };
	return 0;
}

static int take_location(struct vz_repomd_file *f, const char *href, struct vz_err *err)
{
	if (!href || !vz_plan_location_is_sane(href))
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' has the location '%s', which is not a path inside the repository",
				  f->type, href ? href : "");
	free(f->location);
	f->location = vz_strdup(href);
	return 0;
}

static int begin(void *ctx, const struct vz_xml_element *e, struct vz_err *err)
{
	struct reading *in = ctx;
	const char *type = vz_xml_attribute(e, "type");

	if (strcmp(e->path, "/repomd") == 0)
		in->is_repomd = true;
	if (strcmp(e->path, DATA) == 0)
		return begin_data(in, type, err);
	if (strcmp(e->path, DATA "/location") == 0)
		return take_location(in->f, vz_xml_attribute(e, "href"), err);
	vz_buf_clear(&in->type);
	vz_buf_puts(&in->type, type ? type : "");
	return 0;
}

static void take_date(struct vz_repomd *r, uint64_t date)
{
	if (date >= FIRST_DATE && date < LAST_DATE && (int64_t)date > r->date)
		r->date = (int64_t)date;
}

static int end_data(const struct vz_repomd_file *f, struct vz_err *err)
{
	if (!f->location || !*f->digest)
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' has no %s", f->type, f->location ? "checksum" : "location");
	return 0;
}

static int end(void *ctx, const struct vz_xml_element *e, struct vz_err *err)
{
	struct reading *in = ctx;
	const char *name = e->path + strlen(DATA);
	uint64_t n;
	int failed;

	if (strcmp(e->path, "/repomd/revision") == 0 && vz_xml_number(e, &n))
		take_date(in->r, n);
	if (strncmp(e->path, DATA, strlen(DATA)) != 0)
		return 0;
	if (!*name)
		return end_data(in->f, err);
	if (strcmp(name, "/checksum") == 0 || strcmp(name, "/open-checksum") == 0) {
		failed = vz_xml_digest(in->type.data, e->text, name[1] == 'c' ? in->f->digest : in->f->open_digest, err);
		return failed ? vz_err_wrap(err, "'%s'", in->f->type) : 0;
	}
	if (strcmp(name, "/size") != 0 && strcmp(name, "/open-size") != 0 && strcmp(name, "/timestamp") != 0)
		return 0;
	if (!vz_xml_number(e, &n))
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' has the %s '%s'", in->f->type, name + 1, e->text);
	if (name[1] == 's')
		in->f->size = n;
	else if (name[1] == 'o')
		in->f->open_size = n;
	else
		take_date(in->r, n);
	return 0;
}

struct vz_repomd *vz_repomd_read(const char *text, size_t len, struct vz_err *err)
{
	auto_repomd struct vz_repomd *r = vz_new(struct vz_repomd);
	struct reading in = { .r = r };
	const struct vz_xml_walk walk = { begin, end, &in };
	int failed = vz_xml_walk(text, len, &walk, err);

	vz_buf_release(&in.type);
	if (!failed && !in.is_repomd)
		failed = vz_err_set(err, VZ_UNTRUSTED, "it is no list of metadata");
	if (failed) {
		vz_err_wrap(err, "repomd.xml");
		return NULL;
	}
	return steal(&r);
}
