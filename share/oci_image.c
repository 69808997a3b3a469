/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/oci_image.h"

#include <string.h>

static const struct { const char *machine, *arch, *variant; } names[] = {
	{ "x86_64", "amd64", NULL },   { "aarch64", "arm64", NULL },     { "armv7l", "arm", "v7" },
	{ "armv6l", "arm", "v6" },     { "i686", "386", NULL },          { "i386", "386", NULL },
	{ "ppc64le", "ppc64le", NULL }, { "s390x", "s390x", NULL },      { "riscv64", "riscv64", NULL },
	{ "loongarch64", "loong64", NULL },
};
#define N_NAMES (sizeof names / sizeof *names)

const char *vz_oci_arch(const char *machine, const char **ret_variant)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (strcmp(names[i].machine, machine) == 0) {
			if (ret_variant)
				*ret_variant = names[i].variant;
			return names[i].arch;
		}
	if (ret_variant)
		*ret_variant = NULL;
	return machine;
}

const char *vz_oci_machine(const char *arch, const char *variant)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (strcmp(names[i].arch, arch) == 0 &&
		    (!variant || !names[i].variant || strcmp(names[i].variant, variant) == 0))
			return names[i].machine;
	return arch;
}

void vz_oci_pairs_add(struct vz_oci_pairs *p, const char *key, const char *value)
{
	p->items = vz_realloc(p->items, p->n + 1, sizeof *p->items);
	p->items[p->n++] = (struct vz_oci_pair){ vz_strdup(key), vz_strdup(value) };
}

const char *vz_oci_pair(const struct vz_oci_pairs *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->items[i].key, key) == 0)
			return p->items[i].value;
	return NULL;
}

void vz_oci_pairs_release(struct vz_oci_pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].key);
		free(p->items[i].value);
	}
	free(p->items);
	*p = (struct vz_oci_pairs){0};
}

void vz_oci_descriptor_release(struct vz_oci_descriptor *d)
{
	free(d->type);
	free(d->arch);
	free(d->os);
	vz_oci_pairs_release(&d->annotations);
	*d = (struct vz_oci_descriptor){0};
}

void vz_oci_index_release(struct vz_oci_index *i)
{
	for (size_t k = 0; k < i->n; k++)
		vz_oci_descriptor_release(&i->manifests[k]);
	free(i->manifests);
	*i = (struct vz_oci_index){0};
}

void vz_oci_manifest_release(struct vz_oci_manifest *m)
{
	for (size_t i = 0; i < m->n; i++)
		vz_oci_descriptor_release(&m->layers[i]);
	free(m->layers);
	free(m->artifact_type);
	vz_oci_descriptor_release(&m->config);
	vz_oci_pairs_release(&m->annotations);
	*m = (struct vz_oci_manifest){0};
}

struct vz_oci_descriptor *vz_oci_manifest_add(struct vz_oci_manifest *m)
{
	m->layers = vz_realloc(m->layers, m->n + 1, sizeof *m->layers);
	m->layers[m->n] = (struct vz_oci_descriptor){0};
	return &m->layers[m->n++];
}

void vz_oci_config_release(struct vz_oci_config *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->diff_ids[i]);
	free(c->diff_ids);
	free(c->arch);
	free(c->os);
	free(c->variant);
	vz_oci_pairs_release(&c->labels);
	*c = (struct vz_oci_config){0};
}
