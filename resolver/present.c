/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/present.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/index_deb.h"
#include "resolver/index_rpm.h"

#define LOCATION "present/"

/* A control file is a stanza of an index but for where the file is. Its last line may lack its end. */
static int index_deb(const char *arch, const struct vz_present_list *l, int fd, struct vz_err *err)
{
	auto_index_deb struct vz_index_deb *x = vz_index_deb_new(arch);
	size_t bad;

	for (size_t i = 0; i < l->n; i++) {
		const struct vz_present *p = &l->v[i];
		size_t len = p->len;
		auto_free char *rest = NULL;

		while (len && p->card[len - 1] == '\n')
			len--;
		rest = vz_printf("\nFilename: " LOCATION "%zu\nSize: %llu\nSHA256: %s\n\n", i,
				 (unsigned long long)p->package.size, p->package.digest);
		if (memmem(p->card, len, "\n\n", 2))
			return vz_err_set(err, VZ_DAMAGED, "the control file of package '%s' is not one", p->package.name);
		if (vz_index_deb_add(x, p->card, len, err) < 0 || vz_index_deb_add(x, rest, strlen(rest), err) < 0) {
			err->code = VZ_DAMAGED;
			return vz_err_wrap(err, "the control file of package '%s'", p->package.name);
		}
	}
	if (vz_index_deb_end(x, fd, &bad, err) < 0)
		return -1;
	return bad ? vz_err_set(err, VZ_DAMAGED, "%zu packages that are there have no proper control file", bad) : 0;
}

static int index_rpm(const char *arch, const struct vz_present_list *l, int fd, struct vz_err *err)
{
	struct vz_index_rpm_header *headers = vz_alloc((l->n + 1) * sizeof *headers);
	int rc;

	(void)arch;
	for (size_t i = 0; i < l->n; i++) {
		const struct vz_present *p = &l->v[i];

		headers[i] = (struct vz_index_rpm_header){ .name = p->package.name, .data = p->card, .len = p->len,
							   .location = vz_printf(LOCATION "%zu", i), .digest = p->package.digest,
							   .size = p->package.size };
	}
	rc = vz_index_rpm_headers(headers, l->n, fd, err);
	for (size_t i = 0; i < l->n; i++)
		free((char *)headers[i].location);
	free(headers);
	return rc;
}

static const struct {
	const char *family;
	int (*index)(const char *arch, const struct vz_present_list *l, int fd, struct vz_err *err);
} families[] = { { "deb", index_deb }, { "rpm", index_rpm } };

int vz_present_index(const char *family, const char *arch, const struct vz_present_list *l, int fd, struct vz_err *err)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i].family, family) == 0)
			return families[i].index(arch, l, fd, err);
	return vz_err_set(err, VZ_FAILED, "packages of family '%s' cannot be resolved", family);
}

const struct vz_present *vz_present_at(const struct vz_present_list *l, const char *location)
{
	char *end;
	unsigned long i;

	if (!l || strncmp(location, LOCATION, strlen(LOCATION)) != 0)
		return NULL;
	i = strtoul(location + strlen(LOCATION), &end, 10);
	return *end || i >= l->n ? NULL : &l->v[i];
}
