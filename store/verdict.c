/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/verdict.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "store/document.h"

#define VERDICT_LIMIT 65536
#define MEMBER(name) offsetof(struct vz_verdict, name)

static const struct vz_member members[] = {
	{ "image", VZ_MEMBER_DIGEST, MEMBER(image), false },
	{ "template", VZ_MEMBER_TEXT, MEMBER(template), false },
	{ "env", VZ_MEMBER_TEXT, MEMBER(env), false },
	{ "check", VZ_MEMBER_TEXT, MEMBER(check), false },
	{ "words", VZ_MEMBER_TEXT, MEMBER(words), false },
	{ "since", VZ_MEMBER_TIME, MEMBER(since), false },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-verdict 1", "verdict", members };

void vz_verdict_release(struct vz_verdict *v)
{
	vz_document_release(&kind, v);
	*v = (struct vz_verdict){0};
}

int vz_verdict_format(const struct vz_verdict *v, struct vz_buf *ret, struct vz_err *err)
{
	return vz_document_format(&kind, v, ret, err);
}

int vz_verdict_parse(const char *text, size_t len, struct vz_verdict *ret, struct vz_err *err)
{
	auto_verdict struct vz_verdict v = {0};

	if (vz_document_parse(&kind, text, len, &v, err) < 0)
		return -1;
	*ret = v;
	v = (struct vz_verdict){0};
	return 0;
}

static char *path_of(const struct vz_digest *image)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(image, hex);
	return vz_printf("verdicts/%s", hex);
}

int vz_verdict_read(const struct vz_store *s, const struct vz_digest *image, struct vz_verdict *ret, struct vz_err *err)
{
	auto_free char *path = path_of(image);
	auto_verdict struct vz_verdict v = {0};
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(vz_store_fd(s), path, VERDICT_LIMIT, &text, err) < 0)
		return -1;
	if (vz_verdict_parse(text.data, text.len, &v, err) < 0)
		return vz_err_wrap(err, "'%s'", path);
	if (vz_digest_cmp(&v.image, image) != 0)
		return vz_err_set(err, VZ_DAMAGED, "'%s' is the verdict on another image", path);
	*ret = v;
	v = (struct vz_verdict){0};
	return 0;
}

/* What a command printed need not be UTF-8, as documents are. */
static char *plain(const char *words)
{
	char *copy = vz_strdup(words);

	vz_clean(copy, VZ_CLEAN_LINE);
	for (char *p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	return copy;
}

int vz_verdict_write(struct vz_store *s, const struct vz_verdict *v, struct vz_err *err)
{
	auto_free char *path = path_of(&v->image), *words = plain(v->words);
	auto_buf struct vz_buf text = {0};
	struct vz_verdict clean = *v;

	clean.words = words;
	if (vz_make_dirs(vz_store_fd(s), "verdicts", 0700, err) < 0 || vz_verdict_format(&clean, &text, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

int vz_verdict_forget(struct vz_store *s, const struct vz_digest *image, struct vz_err *err)
{
	auto_free char *path = path_of(image);

	if (unlinkat(vz_store_fd(s), path, 0) < 0)
		return errno == ENOENT ? 0 : vz_err_sys(err, "remove '%s'", path);
	return vz_fsync_dir(vz_store_fd(s), "verdicts", err);
}

bool vz_verdict_is_bad(const struct vz_store *s, const struct vz_digest *image)
{
	auto_free char *path = path_of(image);

	return faccessat(vz_store_fd(s), path, F_OK, 0) == 0 || errno != ENOENT;
}

bool vz_verdict_applies(const struct vz_store *s, const struct vz_digest *image, char *const *checks, size_t n)
{
	auto_verdict struct vz_verdict v = {0};
	struct vz_err err = {0};

	if (vz_verdict_read(s, image, &v, &err) < 0)
		return err.code != VZ_NOTFOUND;
	for (size_t i = 0; i < n; i++)
		if (strcmp(checks[i], v.check) == 0)
			return true;
	return false;
}

bool vz_verdict_holds(struct vz_store *s, const struct vz_digest *image, char *const *checks, size_t n)
{
	struct vz_err ignored;

	return vz_verdict_is_bad(s, image) && (vz_verdict_applies(s, image, checks, n) || vz_verdict_forget(s, image, &ignored) < 0);
}
