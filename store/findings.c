/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/findings.h"

#include <string.h>

#include "base/alloc.h"

const char *vz_finding_word(enum vz_finding_kind kind)
{
	static const char *const words[] = {
		[VZ_FINDING_REFERENCE] = "reference", [VZ_FINDING_MANIFEST] = "manifest", [VZ_FINDING_LOCK] = "lock",
		[VZ_FINDING_TREE] = "tree", [VZ_FINDING_ENV] = "environment", [VZ_FINDING_GENERATION] = "generation",
		[VZ_FINDING_SETTINGS] = "settings", [VZ_FINDING_PLAN] = "plan", [VZ_FINDING_OUTCOME] = "composition",
		[VZ_FINDING_RECORD] = "package", [VZ_FINDING_IMAGE] = "image", [VZ_FINDING_OBJECT] = "object",
		[VZ_FINDING_REPOSITORY] = "repository", [VZ_FINDING_STRANGE] = "strange",
		[VZ_FINDING_LEDGER] = "ids", [VZ_FINDING_VERDICT] = "verdict", [VZ_FINDING_JOURNAL] = "journal",
	};

	return words[kind];
}

void vz_findings_init(struct vz_findings *f)
{
	*f = (struct vz_findings){0};
	pthread_mutex_init(&f->lock, NULL);
}

static void finding_release(struct vz_finding *f)
{
	free(f->path);
	free(f->why);
	free(f->repaired);
	vz_texts_release(&f->users);
}

void vz_findings_release(struct vz_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		finding_release(&f->v[i]);
	free(f->v);
	vz_table_release(&f->by_path);
	pthread_mutex_destroy(&f->lock);
	*f = (struct vz_findings){0};
}

void vz_findings_checked(struct vz_findings *f, uint64_t bytes)
{
	pthread_mutex_lock(&f->lock);
	f->checked++;
	f->bytes += bytes;
	pthread_mutex_unlock(&f->lock);
}

void vz_findings_add(struct vz_findings *f, enum vz_finding_kind kind, const char *path, const struct vz_err *err)
{
	pthread_mutex_lock(&f->lock);
	if (!vz_table_has(&f->by_path, path)) {
		vz_table_put(&f->by_path, path, f);
		vz_grow(f->v, f->n, f->cap);
		f->v[f->n++] = (struct vz_finding){
			.kind = kind, .missing = err->code == VZ_NOTFOUND, .path = vz_strdup(path), .why = vz_strdup(err->msg),
		};
	}
	pthread_mutex_unlock(&f->lock);
}

void vz_findings_drop(struct vz_findings *f, size_t i)
{
	finding_release(&f->v[i]);
	memmove(f->v + i, f->v + i + 1, (f->n - i - 1) * sizeof *f->v);
	f->n--;
}

static int compare(const void *a, const void *b)
{
	const struct vz_finding *x = a, *y = b;

	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : strcmp(x->path, y->path);
}

void vz_findings_sort(struct vz_findings *f)
{
	if (f->n)
		qsort(f->v, f->n, sizeof *f->v, compare);
}
