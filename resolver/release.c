/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/release.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/buf.h"
#include "base/digest.h"
#include "resolver/plan.h"

void vz_release_free(struct vz_release *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->files.n; i++)
		free(r->files.items[i].value);
	vz_table_release(&r->files);
	free(r->suite);
	free(r->codename);
	free(r->label);
	free(r->components);
	free(r->architectures);
	free(r);
}

const struct vz_release_file *vz_release_file(const struct vz_release *r, const char *path)
{
	return vz_table_get(&r->files, path);
}

bool vz_release_has(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; *p; ) {
		size_t n = strcspn(p, " ");

		if (n >= len && memcmp(p + n - len, word, len) == 0 && (n == len || p[n - len - 1] == '/'))
			return true;
		p += n + strspn(p + n, " ");
	}
	return false;
}

bool vz_suite_is_security(const char *suite)
{
	static const char *const endings[] = { "-security", "/updates" };

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (strlen(suite) > strlen(endings[i]) && strcmp(suite + strlen(suite) - strlen(endings[i]), endings[i]) == 0)
			return true;
	return false;
}

bool vz_release_is_security(const struct vz_release *r)
{
	const char *ending = r->label ? strrchr(r->label, '-') : NULL;

	return (r->suite && vz_suite_is_security(r->suite)) || (r->codename && vz_suite_is_security(r->codename)) ||
	       (ending && strcasecmp(ending, "-security") == 0);
}

/* "Sat, 11 Jul 2026 10:16:37 UTC" (RFC 5322, of which Debian allows UTC only); -1 if it is none. */
static int64_t read_date(const char *s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *comma = strchr(s, ','), *at;
	struct tm tm = {0};
	char month[4], zone[6];
	int64_t t;

	if (sscanf(comma ? comma + 1 : s, "%2d %3s %4d %2d:%2d:%2d %5s", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, zone) != 7)
		return -1;
	at = strstr(months, month);
	if (strlen(month) != 3 || !at || (at - months) % 3 || (strcmp(zone, "UTC") != 0 && strcmp(zone, "GMT") != 0 &&
							      strcmp(zone, "+0000") != 0))
		return -1;
	if (tm.tm_year < 1970 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
	    tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return -1;
	tm.tm_mon = (int)(at - months) / 3;
	tm.tm_year -= 1900;
	t = timegm(&tm);
	return t > 0 ? t : -1;
}

/* Words of `s` with one space between. */
static char *words(const char *s)
{
	struct vz_buf b = {0};

	for (s += strspn(s, " \t\n"); *s; s += strspn(s, " \t\n")) {
		size_t n = strcspn(s, " \t\n");

		if (b.len)
			vz_buf_putc(&b, ' ');
		vz_buf_add(&b, s, n);
		s += n;
	}
	return vz_buf_steal(&b);
}

/* " DIGEST SIZE PATH" lines. */
static int read_files(struct vz_release *r, char *value, struct vz_err *err)
{
	char *save = NULL;

	for (char *line = strtok_r(value, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct vz_release_file *f;
		struct vz_digest d;
		char hex[66], size[16], path[1025];
		int end = 0;

		if (!line[strspn(line, " \t\r")])
			continue;
		if (sscanf(line, " %65s %15[0-9] %1024s %n", hex, size, path, &end) != 3 || !end || line[end] ||
		    !vz_digest_parse(hex, &d) || !vz_plan_location_is_sane(path))
			return vz_err_set(err, VZ_UNTRUSTED, "Release: '%.200s' is no digest, size and path", line);
		if (vz_table_has(&r->files, path))
			return vz_err_set(err, VZ_UNTRUSTED, "Release: '%s' is listed twice", path);
		f = vz_new(struct vz_release_file);
		f->size = strtoull(size, NULL, 10);
		vz_digest_hex(&d, f->sha256);
		vz_table_put(&r->files, path, f);
	}
	return 0;
}

static int set_date(const char *value, const char *name, int64_t *ret, struct vz_err *err)
{
	*ret = read_date(value);
	return *ret < 0 ? vz_err_set(err, VZ_UNTRUSTED, "Release: %s '%s' is no date in UTC", name, value) : 0;
}

static int take_field(struct vz_release *r, const char *name, char *value, struct vz_err *err)
{
	if (strcmp(name, "sha256") == 0)
		return read_files(r, value, err);
	if (strcmp(name, "suite") == 0)
		r->suite = words(value);
	else if (strcmp(name, "codename") == 0)
		r->codename = words(value);
	else if (strcmp(name, "label") == 0)
		r->label = words(value);
	else if (strcmp(name, "components") == 0)
		r->components = words(value);
	else if (strcmp(name, "architectures") == 0)
		r->architectures = words(value);
	else if (strcmp(name, "acquire-by-hash") == 0)
		r->by_hash = strcasecmp(value, "yes") == 0;
	else if (strcmp(name, "no-support-for-architecture-all") == 0)
		r->all_is_apart = !vz_release_has(value, "Packages");
	else if (strcmp(name, "date") == 0)
		return set_date(value, "Date", &r->date, err);
	else if (strcmp(name, "valid-until") == 0)
		return set_date(value, "Valid-Until", &r->valid_until, err);
	return 0;
}

static int read_fields(struct vz_release *r, const char *p, const char *end, struct vz_err *err)
{
	struct vz_table seen = {0};
	int failed = 0;

	while (p < end && !failed) {
		const char *stop = memchr(p, '\n', (size_t)(end - p)), *colon;
		auto_free char *name = NULL, *value = NULL;

		while (stop && stop + 1 < end && (stop[1] == ' ' || stop[1] == '\t'))
			stop = memchr(stop + 1, '\n', (size_t)(end - stop - 1));
		stop = stop ? stop : end;
		colon = memchr(p, ':', (size_t)(stop - p));
		if (!colon || colon == p || memchr(p, '\n', (size_t)(colon - p))) {
			failed = vz_err_set(err, VZ_UNTRUSTED, "Release: '%.*s' is not a field", (int)(stop - p < 80 ? stop - p : 80), p);
			break;
		}
		name = vz_strndup(p, (size_t)(colon - p));
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		value = vz_strndup(colon + 1, (size_t)(stop - colon - 1));
		if (vz_table_has(&seen, name))
			failed = vz_err_set(err, VZ_UNTRUSTED, "Release: field '%s' is there twice", name);
		else
			failed = take_field(r, name, value + strspn(value, " \t"), err);
		vz_table_put(&seen, name, NULL);
		p = stop + 1;
	}
	vz_table_release(&seen);
	return failed;
}

struct vz_release *vz_release_read(const char *text, size_t len, struct vz_err *err)
{
	auto_release struct vz_release *r = vz_new(struct vz_release);

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (memchr(text, 0, len)) {
		vz_err_set(err, VZ_UNTRUSTED, "Release: a NUL byte");
		return NULL;
	}
	r->all_is_apart = true;
	if (read_fields(r, text, text + len, err) < 0)
		return NULL;
	if (!r->date)
		vz_err_set(err, VZ_UNTRUSTED, "Release: no Date");
	else if (!r->files.n)
		vz_err_set(err, VZ_UNTRUSTED, "Release: no SHA256 digests");
	else if (!r->components || !r->architectures)
		vz_err_set(err, VZ_UNTRUSTED, "Release: no Components or no Architectures");
	else
		return steal(&r);
	return NULL;
}
