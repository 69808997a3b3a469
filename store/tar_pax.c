/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tar_pax.h"

#include <string.h>

#define XATTR "SCHILY.xattr."
#define MAX_PATH 4096
#define MAX_XATTRS 1024
#define MAX_XATTR_VALUE (64u << 10)

void vz_pax_release(struct vz_pax *p)
{
	for (uint32_t i = 0; i < p->n_xattrs; i++) {
		free(p->xattrs[i].key);
		free(p->xattrs[i].value);
	}
	free(p->xattrs);
	free(p->path);
	free(p->linkpath);
	*p = (struct vz_pax){0};
}

bool vz_pax_is_empty(const struct vz_pax *p)
{
	return !p->path && !p->linkpath && !p->has_uid && !p->has_gid && !p->has_size && !p->has_mtime && !p->n_xattrs;
}

static int bad(struct vz_err *err, const char *key, const char *what)
{
	return vz_err_set(err, VZ_FAILED, "tar: pax header '%s': %s", key, what);
}

/* Decimal digits, nothing else. */
static int get_number(const char *key, const char *value, size_t len, uint64_t max, uint64_t *ret, bool *has, struct vz_err *err)
{
	uint64_t v = 0;

	if (*has)
		return bad(err, key, "is there twice");
	for (size_t i = 0; i < len; i++)
		if (value[i] < '0' || value[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (unsigned)(value[i] - '0'), &v))
			return bad(err, key, "not a number");
	if (!len || v > max)
		return bad(err, key, "out of range");
	*ret = v;
	*has = true;
	return 0;
}

static int get_id(const char *key, const char *value, size_t len, uint32_t *ret, bool *has, struct vz_err *err)
{
	uint64_t v;

	if (get_number(key, value, len, UINT32_MAX - 1, &v, has, err) < 0)
		return -1;
	*ret = (uint32_t)v;
	return 0;
}

/* "[-]SECONDS[.FRACTION]"; digits beyond nanoseconds are cut. */
static int get_mtime(const char *value, size_t len, struct vz_pax *p, struct vz_err *err)
{
	bool negative = len && *value == '-';
	const char *dot = memchr(value, '.', len);
	size_t whole = dot ? (size_t)(dot - value) : len;
	uint64_t sec, unit = 100000000, nsec = 0;

	if (get_number("mtime", value + negative, whole - negative, INT64_MAX, &sec, &p->has_mtime, err) < 0)
		return -1;
	for (size_t i = whole + 1; i < len; i++, unit /= 10) {
		if (value[i] < '0' || value[i] > '9')
			return bad(err, "mtime", "not a number");
		nsec += unit * (unsigned)(value[i] - '0');
	}
	p->mtime = negative ? -(int64_t)sec : (int64_t)sec;
	p->mtime_nsec = (uint32_t)nsec;
	if (negative && nsec) {
		p->mtime--;
		p->mtime_nsec = 1000000000 - (uint32_t)nsec;
	}
	return 0;
}

static int get_path(const char *key, const char *value, size_t len, char **ret, struct vz_err *err)
{
	if (*ret)
		return bad(err, key, "is there twice");
	if (!len || len > MAX_PATH || memchr(value, 0, len))
		return bad(err, key, "not a path");
	*ret = vz_strndup(value, len);
	return 0;
}

static int get_xattr(const char *key, const char *value, size_t len, struct vz_pax *p, struct vz_err *err)
{
	auto_free char *name = vz_strdup(key + strlen(XATTR));
	char *to = name;

	for (const char *from = name; *from; from++)
		if (strncmp(from, "%25", 3) == 0 || strncmp(from, "%3D", 3) == 0) {
			*to++ = from[1] == '2' ? '%' : '=';
			from += 2;
		} else {
			*to++ = *from;
		}
	*to = 0;
	if (!*name || strlen(name) > 255 || len > MAX_XATTR_VALUE || p->n_xattrs == MAX_XATTRS)
		return bad(err, key, "too large");
	for (uint32_t i = 0; i < p->n_xattrs; i++)
		if (strcmp(p->xattrs[i].key, name) == 0)
			return bad(err, key, "is there twice");
	p->xattrs = vz_realloc(p->xattrs, p->n_xattrs + 1, sizeof *p->xattrs);
	p->xattrs[p->n_xattrs++] = (struct vz_xattr){ steal(&name), vz_memdup(value, len), (uint32_t)len };
	return 0;
}

static int take(const char *key, const char *value, size_t len, struct vz_pax *p, struct vz_err *err)
{
	if (strcmp(key, "path") == 0)
		return get_path(key, value, len, &p->path, err);
	if (strcmp(key, "linkpath") == 0)
		return get_path(key, value, len, &p->linkpath, err);
	if (strcmp(key, "uid") == 0)
		return get_id(key, value, len, &p->uid, &p->has_uid, err);
	if (strcmp(key, "gid") == 0)
		return get_id(key, value, len, &p->gid, &p->has_gid, err);
	if (strcmp(key, "size") == 0)
		return get_number(key, value, len, INT64_MAX - 512, &p->size, &p->has_size, err);
	if (strcmp(key, "mtime") == 0)
		return get_mtime(value, len, p, err);
	if (strncmp(key, XATTR, strlen(XATTR)) == 0)
		return get_xattr(key, value, len, p, err);
	return strncmp(key, "GNU.sparse", 10) == 0 ? bad(err, key, "sparse files are not understood") : 0;
}

/* The record at `data`; its length, or 0. */
static size_t record_length(const char *data, size_t len, size_t *ret_digits)
{
	size_t n = 0, digits = 0;

	while (digits < len && digits < 8 && data[digits] >= '0' && data[digits] <= '9')
		n = n * 10 + (size_t)(data[digits++] - '0');
	*ret_digits = digits;
	return digits && digits < len && data[digits] == ' ' && n > digits + 2 && n <= len && data[n - 1] == '\n' ? n : 0;
}

int vz_pax_read(const char *data, size_t len, struct vz_pax *ret, struct vz_err *err)
{
	while (len) {
		size_t digits, n = record_length(data, len, &digits);
		const char *at = data + digits + 1, *equal = n ? memchr(at, '=', (size_t)(data + n - 1 - at)) : NULL;
		auto_free char *key = equal && equal > at ? vz_strndup(at, (size_t)(equal - at)) : NULL;

		if (!key || strlen(key) != (size_t)(equal - at))
			return vz_err_set(err, VZ_FAILED, "tar: a pax header is malformed");
		if (take(key, equal + 1, (size_t)(data + n - 1 - equal - 1), ret, err) < 0)
			return -1;
		data += n;
		len -= n;
	}
	return 0;
}
