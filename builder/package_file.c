/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/package_file.h"

#include <string.h>

#include "base/fd.h"
#include "builder/dpkg.h"
#include "builder/rpm_header.h"
#include "store/ingest.h"

static int identify_deb(const struct vz_record_member *card, struct vz_plan_package *ret, struct vz_err *err)
{
	auto_dpkg_packages struct vz_dpkg_packages p = {0};

	if (vz_dpkg_packages_read(card->data, card->len, &p, err) < 0)
		return -1;
	if (p.n != 1)
		return vz_err_set(err, VZ_FAILED, "its control file is not of one package");
	ret->name = vz_strdup(p.items[0].name);
	ret->version = vz_strdup(p.items[0].version);
	ret->arch = vz_strdup(p.items[0].arch);
	return 0;
}

static int identify_rpm(const struct vz_record_member *card, struct vz_plan_package *ret, struct vz_err *err)
{
	auto_buf struct vz_buf installed = {0};
	auto_rpm_package struct vz_rpm_package *p = NULL;

	if (vz_rpm_installed(card->data, card->len, 0, &installed, err) < 0)
		return -1;
	p = vz_rpm_package_read(installed.data, installed.len, err);
	if (!p)
		return -1;
	ret->name = vz_strdup(p->name);
	ret->version = vz_strdup(p->evr);
	ret->arch = vz_strdup(p->arch);
	return 0;
}

static const struct family {
	const char *name, *suffix, *card;
	int (*identify)(const struct vz_record_member *card, struct vz_plan_package *ret, struct vz_err *err);
} families[] = {
	{ "deb", ".deb", "control", identify_deb },
	{ "rpm", ".rpm", "header", identify_rpm },
};
#define N_FAMILIES (sizeof families / sizeof *families)

static const struct family *by_suffix(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < N_FAMILIES; i++)
		if (len > 4 && strcmp(path + len - 4, families[i].suffix) == 0)
			return &families[i];
	return NULL;
}

static const struct family *by_name(const char *name)
{
	for (size_t i = 0; i < N_FAMILIES; i++)
		if (strcmp(families[i].name, name) == 0)
			return &families[i];
	return NULL;
}

bool vz_package_file_is(const char *path)
{
	return by_suffix(path);
}

static int digest_of(int fd, char *ret, struct vz_err *err)
{
	struct vz_hash *h = vz_hash_new("SHA256");
	char buf[65536], hex[VZ_HASH_MAX];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		vz_hash_add(h, buf, (size_t)n);
	vz_hash_end_hex(h, hex);
	vz_hash_free(h);
	if (n < 0)
		return vz_err_sys(err, "read the file");
	memcpy(ret, hex, VZ_HEX_LEN + 1);
	return 0;
}

int vz_package_file_add(struct vz_store *s, const char *path, char *ret, struct vz_err *err)
{
	const struct family *f = by_suffix(path);
	auto_fd int fd = vz_open(AT_FDCWD, path, O_RDONLY, 0, err);
	struct vz_ingest_result result;

	if (!f)
		return vz_err_set(err, VZ_USAGE, "'%s' is not a package file, expected NAME.deb or NAME.rpm", path);
	if (fd < 0)
		return vz_err_wrap(err, "package file");
	if (digest_of(fd, ret, err) < 0 || vz_ingest(s, f->name, fd, ret, &result, err) < 0)
		return vz_err_wrap(err, "package file '%s'", path);
	return 0;
}

const struct vz_record_member *vz_package_card(const struct vz_record *r)
{
	const struct family *f = by_name(r->family);

	return f ? vz_record_member(r, f->card) : NULL;
}

int vz_package_file_identify(const struct vz_record *r, const char *digest, struct vz_plan_package *ret, struct vz_err *err)
{
	const struct vz_record_member *card = vz_package_card(r);
	struct vz_plan_package p = {0};

	if (!card)
		return vz_err_set(err, VZ_DAMAGED, "the record of package %s does not say what package it is", digest);
	if (by_name(r->family)->identify(card, &p, err) < 0)
		return -1;
	if (!vz_plan_words_ok(r->family, p.name, p.version, p.arch)) {
		vz_package_file_release(&p);
		return vz_err_set(err, VZ_FAILED, "its name, version or architecture is not one");
	}
	p.repo = vz_strdup(VZ_PRESENT_FILES);
	p.location = vz_printf("%s%s", digest, by_name(r->family)->suffix);
	p.digest = vz_strdup(digest);
	p.size = r->size;
	*ret = p;
	return 0;
}

void vz_package_file_release(struct vz_plan_package *p)
{
	free(p->name);
	free(p->version);
	free(p->arch);
	free(p->repo);
	free(p->location);
	free(p->digest);
	*p = (struct vz_plan_package){0};
}
