/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reference.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "store/document.h"

#define MAX_TEXT 4096

struct reference {
	char *template, *which;
	unsigned version, next;
};
#define MEMBER(name) offsetof(struct reference, name)

static const struct vz_member members[] = {
	{ "next", VZ_MEMBER_ORDINAL, MEMBER(next), true },
	{ "template", VZ_MEMBER_NAME, MEMBER(template), false },
	{ "reference", VZ_MEMBER_NAME, MEMBER(which), false },
	{ "version", VZ_MEMBER_ORDINAL, MEMBER(version), true },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-reference 1", "reference", members };

static void release(struct reference *r)
{
	vz_document_release(&kind, r);
}

static bool is_there(const struct vz_store *s, const char *name, unsigned version)
{
	auto_free char *path = vz_printf("templates/%s/%u", name, version);

	return faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int vz_reference_read(const struct vz_store *s, const char *name, const char *which, unsigned *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/%s", name, which);
	__attribute__((cleanup(release))) struct reference r = {0};
	auto_buf struct vz_buf text = {0};

	if (!vz_name_is_sane(name))
		return vz_err_set(err, VZ_NOTFOUND, "'%s' is not the name of a template", name);
	if (vz_read_file(vz_store_fd(s), path, MAX_TEXT, &text, err) < 0)
		return -1;
	if (vz_document_parse(&kind, text.data, text.len, &r, err) < 0)
		return vz_err_wrap(err, "'%s'", path);
	if (strcmp(r.template, name) || strcmp(r.which, which))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is the reference '%s' of template '%s'", path, r.which, r.template);
	if (!r.version && !r.next)
		return vz_err_set(err, VZ_DAMAGED, "'%s' says no version", path);
	if (r.next && is_there(s, name, r.next))
		r.version = r.next;
	if (!r.version)
		return vz_err_set(err, VZ_NOTFOUND, "version %u of template '%s' was never published", r.next, name);
	*ret = r.version;
	return 0;
}

int vz_reference_find(const struct vz_store *s, const char *name, const char *which, unsigned *ret, struct vz_err *err)
{
	if (vz_reference_read(s, name, which, ret, err) == 0)
		return 0;
	if (err->code != VZ_NOTFOUND)
		return -1;
	*ret = 0;
	return 0;
}

static int put(struct vz_store *s, const char *name, const char *which, const struct reference *r, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/%s", name, which);
	auto_buf struct vz_buf text = {0};

	if (vz_document_format(&kind, r, &text, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

int vz_reference_write(struct vz_store *s, const char *name, const char *which, unsigned version, struct vz_err *err)
{
	return put(s, name, which, &(struct reference){ (char *)name, (char *)which, version, 0 }, err);
}

int vz_reference_announce(struct vz_store *s, const char *name, unsigned next, struct vz_err *err)
{
	struct reference r = { (char *)name, VZ_REFERENCE_CURRENT, 0, next };

	if (vz_reference_find(s, name, r.which, &r.version, err) < 0)
		return -1;
	return put(s, name, r.which, &r, err);
}

int vz_reference_remove(struct vz_store *s, const char *name, const char *which, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/%s", name, which);

	return unlinkat(vz_store_fd(s), path, 0) < 0 && errno != ENOENT ? vz_err_sys(err, "remove '%s'", path) : 0;
}
