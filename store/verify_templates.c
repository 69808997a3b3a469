/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "store/dump.h"
#include "store/gzip.h"
#include "store/image.h"
#include "store/ledger.h"
#include "store/manifest.h"
#include "store/reference.h"
#include "store/verify_parts.h"

#define MAX_TEXT ((size_t)256 << 20)
#define MAX_DUMP ((size_t)1 << 30)

/* A path "templates/NAME/N/FILE" or "templates/NAME/FILE", in parts. */
struct place {
	char *name, *file;
	unsigned version;
};

static void place_release(struct place *p)
{
	free(p->name);
	free(p->file);
}
#define auto_place __attribute__((cleanup(place_release)))

static int find_place(const char *path, struct place *ret, struct vz_err *err)
{
	const char *name = path + strlen("templates/"), *slash = strchr(name, '/'), *last = strrchr(name, '/');

	if (strncmp(path, "templates/", 10) || !slash)
		return vz_err_set(err, VZ_DAMAGED, "'%s' is no file of a template", path);
	*ret = (struct place){ vz_strndup(name, (size_t)(slash - name)), vz_strdup(last + 1), 0 };
	if (last != slash)
		ret->version = (unsigned)strtoul(slash + 1, NULL, 10);
	return 0;
}

/* The manifest alone: that it is whole, and in its place. */
static int read_manifest(const struct vz_store *s, const struct place *p, struct vz_manifest *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/%u/manifest", p->name, p->version);
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(vz_store_fd(s), path, MAX_TEXT, &text, err) < 0)
		return -1;
	if (vz_manifest_parse(text.data, text.len, ret, err) < 0)
		return vz_err_wrap(err, "'%s'", path);
	if (ret->version != p->version || strcmp(ret->name, p->name))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is the manifest of '%s@%u'", path, ret->name, ret->version);
	return 0;
}

/* A file of which the manifest has the sum. */
static int read_summed(const struct vz_store *s, const struct vz_manifest *m, const char *file, const struct vz_digest *want,
		       struct vz_buf *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/%u/%s", m->name, m->version, file);
	struct vz_digest sum;

	if (vz_read_file(vz_store_fd(s), path, MAX_TEXT, ret, err) < 0)
		return -1;
	vz_sha256(ret->data, ret->len, &sum);
	if (vz_digest_cmp(&sum, want))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is not the %s that the manifest names", path, file);
	return 0;
}

/* The image that the tree gives must be the manifest's: there is one for each tree. */
static int check_tree(const struct vz_store *s, const struct vz_manifest *m, bool quick, struct vz_err *err)
{
	auto_buf struct vz_buf zipped = {0}, dump = {0}, image = {0};
	auto_tree struct vz_tree *t = NULL;
	struct vz_digest d;

	if (read_summed(s, m, "tree", &m->tree_sum, &zipped, err) < 0)
		return -1;
	if (quick)
		return 0;
	if (!vz_gzip_read(zipped.data, zipped.len, MAX_DUMP, &dump))
		vz_err_set(err, VZ_DAMAGED, "not a gzip file");
	else
		t = vz_dump_read(dump.data, dump.len, err);
	if (!t || vz_image_write(t, NULL, &image, err) < 0) {
		err->code = VZ_DAMAGED;
		return vz_err_wrap(err, "the tree of template '%s@%u'", m->name, m->version);
	}
	vz_verity_bytes(image.data, image.len, &d);
	if (vz_digest_cmp(&d, &m->image))
		return vz_err_set(err, VZ_DAMAGED, "the tree of template '%s@%u' is not that of its image", m->name, m->version);
	return 0;
}

static int check_reference(const struct vz_store *s, const struct place *p, struct vz_err *err)
{
	auto_free char *manifest = NULL;
	unsigned version;

	/* one that was announced, and never published, is none */
	if (vz_reference_read(s, p->name, p->file, &version, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	manifest = vz_printf("templates/%s/%u/manifest", p->name, version);
	if (!strcmp(p->file, VZ_REFERENCE_CURRENT) && faccessat(vz_store_fd(s), manifest, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return vz_err_set(err, VZ_DAMAGED, "version %u of template '%s' is current, and not there", version, p->name);
	return 0;
}

static int check_ledger(const struct vz_store *s, const struct place *p, struct vz_err *err)
{
	auto_ids struct vz_ids ids = {0};

	return vz_ledger_read(s, p->name, &ids, err);
}

static int check_file(const struct vz_store *s, enum vz_finding_kind kind, const struct place *p, const struct vz_manifest *m,
		      bool quick, struct vz_err *err)
{
	auto_buf struct vz_buf lock = {0};

	switch (kind) {
	case VZ_FINDING_REFERENCE: return check_reference(s, p, err);
	case VZ_FINDING_LEDGER: return check_ledger(s, p, err);
	case VZ_FINDING_MANIFEST: return 0;              /* it has been read */
	case VZ_FINDING_LOCK: return read_summed(s, m, "lock", &m->lock_sum, &lock, err);
	case VZ_FINDING_TREE: return check_tree(s, m, quick, err);
	default: return vz_err_set(err, VZ_DAMAGED, "'%s' is no file of a template", p->file);
	}
}

int vz_verify_template_file(const struct vz_store *s, enum vz_finding_kind kind, const char *path, struct vz_err *err)
{
	auto_place struct place p = {0};
	auto_manifest struct vz_manifest m = {0};

	if (find_place(path, &p, err) < 0 || (p.version && read_manifest(s, &p, &m, err) < 0))
		return -1;
	return check_file(s, kind, &p, &m, false, err);
}

/* ---- all ---- */

/* A directory that vanished meanwhile, with all in it, is no finding. */
static void add(struct vz_verify *v, enum vz_finding_kind kind, const struct place *p, const struct vz_err *why)
{
	auto_free char *dir = p->version ? vz_printf("templates/%s/%u", p->name, p->version) : vz_printf("templates/%s", p->name);
	auto_free char *path = vz_printf("%s/%s", dir, p->file);

	if (faccessat(vz_store_fd(v->store), dir, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		vz_findings_add(v->findings, kind, path, why);
}

static void verify_version(struct vz_verify *v, const char *name, unsigned version)
{
	static const struct { const char *file; enum vz_finding_kind kind; } files[] = {
		{ "lock", VZ_FINDING_LOCK }, { "tree", VZ_FINDING_TREE },
	};
	auto_manifest struct vz_manifest m = {0};
	struct place p = { (char *)name, (char *)"manifest", version };
	struct vz_err why = {0};

	vz_findings_checked(v->findings, 0);
	if (read_manifest(v->store, &p, &m, &why) < 0) {
		add(v, VZ_FINDING_MANIFEST, &p, &why);
		return;
	}
	vz_verify_image_is_there(v->store, &m.image, v->findings);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		p.file = (char *)files[i].file;
		if (check_file(v->store, files[i].kind, &p, &m, v->quick, &why) < 0)
			add(v, files[i].kind, &p, &why);
		vz_findings_checked(v->findings, 0);
	}
}

/* There need not be any; of one that replaced another meanwhile only the new one was read. */
static void verify_beside(struct vz_verify *v, enum vz_finding_kind kind, const char *name, const char *file)
{
	struct place p = { (char *)name, (char *)file, 0 };
	struct vz_err why = {0};

	if (check_file(v->store, kind, &p, NULL, v->quick, &why) == 0)
		vz_findings_checked(v->findings, 0);
	else if (why.code != VZ_NOTFOUND && check_file(v->store, kind, &p, NULL, v->quick, &why) < 0)
		add(v, kind, &p, &why);
}

int vz_verify_templates(struct vz_verify *v, struct vz_err *err)
{
	size_t n = 0;
	char **names = vz_manifest_all_names(v->store, &n, err);
	int rc = names ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		size_t n_versions = 0;
		struct vz_err gone;
		auto_free unsigned *versions = vz_manifest_versions(v->store, names[i], &n_versions, &gone);

		for (size_t k = 0; versions && k < n_versions && (rc = vz_interrupted(err)) == 0; k++)
			verify_version(v, names[i], versions[k]);
		verify_beside(v, VZ_FINDING_REFERENCE, names[i], VZ_REFERENCE_CURRENT);
		verify_beside(v, VZ_FINDING_REFERENCE, names[i], VZ_REFERENCE_LAST);
		verify_beside(v, VZ_FINDING_LEDGER, names[i], "ids");
		vz_report_progress(v->report, "templates", i + 1, n);
	}
	vz_names_free(names, n);
	return rc;
}
