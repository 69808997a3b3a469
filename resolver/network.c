/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/network.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/number.h"
#include "resolver/ini.h"

#define CONF_LIMIT 65536
#define MAX_RATE (UINT64_C(1) << 50)
#define MAX_SECONDS 3600

void vz_network_release(struct vz_network *n)
{
	free(n->proxy);
	*n = (struct vz_network){0};
}

static int set_proxy(struct vz_network *n, const char *value, struct vz_err *err)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://", "socks5h://" };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(value, schemes[i], strlen(schemes[i])) == 0 && value[strlen(schemes[i])]) {
			n->proxy = vz_strdup(value);
			return 0;
		}
	if (strcmp(value, "none") != 0)
		return vz_err_set(err, VZ_USAGE, "'%s' is no proxy: 'none', or http://HOST:PORT, also with https, socks5 or socks5h", value);
	n->proxy = vz_strdup("");
	return 0;
}

static int set_rate(struct vz_network *n, const char *value, struct vz_err *err)
{
	static const char units[] = "KMG";
	const char *end = value, *unit;
	uint64_t rate = 0;

	if (!vz_number_begin(value, MAX_RATE, &rate, &end) || !rate)
		return vz_err_set(err, VZ_USAGE, "'%s' is no rate: bytes a second, as in '500K' or '2M'", value);
	unit = *end ? strchr(units, *end) : NULL;
	if (*end && (!unit || end[1] || rate > MAX_RATE >> 30))
		return vz_err_set(err, VZ_USAGE, "'%s' is no rate: bytes a second, as in '500K' or '2M'", value);
	n->rate = unit ? rate << 10 * (unit - units + 1) : rate;
	return 0;
}

static int seconds(const char *value, unsigned *ret, struct vz_err *err)
{
	uint64_t n = 0;

	if (!vz_number_parse(value, MAX_SECONDS, &n) || !n)
		return vz_err_set(err, VZ_USAGE, "'%s' is no number of seconds from 1 to %d", value, MAX_SECONDS);
	*ret = (unsigned)n;
	return 0;
}

static int set_connect(struct vz_network *n, const char *value, struct vz_err *err)
{
	return seconds(value, &n->connect_seconds, err);
}

static int set_stall(struct vz_network *n, const char *value, struct vz_err *err)
{
	return seconds(value, &n->stall_seconds, err);
}

static const struct {
	const char *key;
	int (*set)(struct vz_network *n, const char *value, struct vz_err *err);
} keys[] = {
	{ "proxy", set_proxy }, { "rate", set_rate }, { "connect-timeout", set_connect }, { "stall-timeout", set_stall },
};

struct reading {
	struct vz_network *network;
	const char *what;
	unsigned seen;               /* a bit a key */
};

static int set_key(struct reading *r, const struct vz_ini_line *l, struct vz_err *err)
{
	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (strcmp(keys[i].key, l->key) != 0)
			continue;
		if (l->continued || r->seen & 1u << i)
			return vz_err_set(err, VZ_USAGE, "'%s' has one value", l->key);
		r->seen |= 1u << i;
		return keys[i].set(r->network, l->value, err);
	}
	return vz_err_set(err, VZ_USAGE, "unknown key '%s'; there are proxy, rate, connect-timeout and stall-timeout", l->key);
}

static int take_line(void *ctx, const struct vz_ini_line *l, struct vz_err *err)
{
	struct reading *r = ctx;
	int rc = 0;

	if (strcmp(l->section, "network") != 0)
		rc = vz_err_set(err, VZ_USAGE, "unknown section '%s'; there is network", l->section);
	else if (l->key)
		rc = set_key(r, l, err);
	return rc < 0 ? vz_err_wrap(err, "%s:%u", r->what, l->line) : 0;
}

int vz_network_parse(const char *text, size_t len, const char *what, struct vz_network *ret, struct vz_err *err)
{
	auto_network struct vz_network n = {0};
	struct reading r = { &n, what, 0 };

	if (vz_ini_read(text, len, what, take_line, &r, err) < 0)
		return -1;
	*ret = n;
	n = (struct vz_network){0};
	return 0;
}

int vz_network_read(const char *path, struct vz_network *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(AT_FDCWD, path, CONF_LIMIT, &text, err) < 0) {
		if (err->code != VZ_NOTFOUND)
			return -1;
		*ret = (struct vz_network){0};
		return 0;
	}
	return vz_network_parse(text.data ? text.data : "", text.len, path, ret, err);
}
