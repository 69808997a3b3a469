/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "link/settings.h"

#define MIN_MEMORY (UINT64_C(16) << 20)  /* what an OCI runtime itself needs, in there, to start anything */
#define MAX_AMOUNT (UINT64_C(1) << 60)
#define MAX_PIDS (UINT64_C(1) << 22)     /* PID_MAX_LIMIT of the kernel */
#define MAX_WEIGHT 10000
#define MAX_CPUS 8192                    /* NR_CPUS of the largest kernels */
#define MAX_HOSTNAME 64                  /* __NEW_UTS_LEN */

/* Hundredths are as fine as it gets: the kernel counts milliseconds of each tenth of a second. */
static int set_cpus(struct vz_settings *s, const char *value, struct vz_err *err)
{
	uint64_t whole = 0, part = 0;
	const char *end = value;
	bool good = vz_number_begin(value, MAX_CPUS, &whole, &end);

	if (good && *end == '.') {
		size_t places = strlen(end + 1);

		good = vz_number_begin(end + 1, 99, &part, &end) && places <= 2;
		part *= places == 1 ? 10 : 1;
	}
	if (!good || *end)
		return vz_err_set(err, VZ_USAGE, "'%s' is not a number of processors: as in '2', '0.5' or '1.25'", value);
	s->cpus = (double)(whole * 100 + part) / 100;
	return 0;
}

/* "K", "M", "G", "T", also as "MB" or "MiB"; nothing: bytes. -1: something else. */
static int shift_of(const char *suffix)
{
	static const char units[] = "KMGT";
	const char *at = *suffix ? strchr(units, toupper((unsigned char)*suffix)) : NULL;

	if (!*suffix)
		return 0;
	if (!at || (suffix[1] && strcasecmp(suffix + 1, "B") && strcasecmp(suffix + 1, "iB")))
		return -1;
	return 10 * (int)(at - units + 1);
}

static int set_memory(struct vz_settings *s, const char *value, struct vz_err *err)
{
	const char *end = value;
	uint64_t n = 0;
	int shift = vz_number_begin(value, MAX_AMOUNT, &n, &end) ? shift_of(end) : -1;

	if (shift < 0 || n > MAX_AMOUNT >> shift)
		return vz_err_set(err, VZ_USAGE, "'%s' is not an amount of memory: as in '512M' or '2G'", value);
	if (n && n << shift < MIN_MEMORY)
		return vz_err_set(err, VZ_USAGE, "with '%s' of memory nothing can be started: at least 16M", value);
	s->memory = n << shift;
	return 0;
}

static int set_pids(struct vz_settings *s, const char *value, struct vz_err *err)
{
	uint64_t n = 0;

	if (!vz_number_parse(value, MAX_PIDS, &n))
		return vz_err_set(err, VZ_USAGE, "'%s' is not a number of processes: from 1 to %ju, or 'none'", value,
				  (uintmax_t)MAX_PIDS);
	s->pids = n;
	return 0;
}

static int set_io_weight(struct vz_settings *s, const char *value, struct vz_err *err)
{
	uint64_t n = 0;

	if (!vz_number_parse(value, MAX_WEIGHT, &n))
		return vz_err_set(err, VZ_USAGE, "'%s' is not a weight: from 1 to %d, of which 100 is the usual", value,
				  MAX_WEIGHT);
	s->io_weight = (unsigned)n;
	return 0;
}

/* RFC 1123: labels of letters, digits and inner hyphens. */
static bool is_hostname(const char *name)
{
	if (!*name || strlen(name) > MAX_HOSTNAME)
		return false;
	for (const char *p = name; *p; p++) {
		bool edge = p == name || p[-1] == '.' || !p[1] || p[1] == '.';

		if (!isalnum((unsigned char)*p) && (edge || (*p != '-' && *p != '.')))
			return false;
	}
	return true;
}

static int set_hostname(struct vz_settings *s, const char *value, struct vz_err *err)
{
	if (!strcmp(value, "0")) {
		free(steal(&s->hostname));
		return 0;
	}
	if (!is_hostname(value))
		return vz_err_set(err, VZ_USAGE, "'%s' is not a host name: letters, digits, '-' and '.', at most %d",
				  value, MAX_HOSTNAME);
	free(s->hostname);
	s->hostname = vz_strdup(value);
	return 0;
}

static int set_follow(struct vz_settings *s, const char *value, struct vz_err *err)
{
	if (strcmp(value, "yes") && strcmp(value, "no"))
		return vz_err_set(err, VZ_USAGE, "'%s' is neither 'yes' nor 'no'", value);
	s->stay = !strcmp(value, "no");
	return 0;
}

static const struct {
	const char *key;
	int (*set)(struct vz_settings *s, const char *value, struct vz_err *err);
} keys[] = {
	{ "cpus", set_cpus },           { "memory", set_memory },     { "pids", set_pids },
	{ "io-weight", set_io_weight }, { "hostname", set_hostname }, { "follow", set_follow },
};

int vz_settings_set(struct vz_settings *settings, const char *key, const char *value, struct vz_err *err)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!strcmp(key, keys[i].key))
			return keys[i].set(settings, strcmp(value, "none") ? value : "0", err) < 0 ?
			       vz_err_wrap(err, "%s", key) : 0;
	return vz_err_set(err, VZ_USAGE, "there is no setting '%s'", key);
}
