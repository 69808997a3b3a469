/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/settings.h"

#include <limits.h>

#include "base/fd.h"
#include "store/document.h"

#define SETTINGS_LIMIT 65536
#define MEMBER(name) offsetof(struct vz_settings, name)

static const struct vz_member members[] = {
	{ "hostname", VZ_MEMBER_NAME, MEMBER(hostname), true },
	{ "stay", VZ_MEMBER_FLAG, MEMBER(stay), true },
	{ "started", VZ_MEMBER_FLAG, MEMBER(started), true },
	{ "cpus", VZ_MEMBER_REAL, MEMBER(cpus), true },
	{ "memory", VZ_MEMBER_COUNT, MEMBER(memory), true },
	{ "pids", VZ_MEMBER_COUNT, MEMBER(pids), true },
	{ "io_weight", VZ_MEMBER_ORDINAL, MEMBER(io_weight), true },
	{ "command", VZ_MEMBER_TEXTS, MEMBER(command), true },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-settings 1", "record of settings", members };

void vz_settings_release(struct vz_settings *s)
{
	vz_document_release(&kind, s);
	*s = (struct vz_settings){0};
}

char *vz_settings_hostname(const struct vz_settings *settings, const char *env)
{
	return vz_strndup(settings->hostname ? settings->hostname : env, HOST_NAME_MAX);
}

int vz_settings_format(const struct vz_settings *settings, struct vz_buf *ret, struct vz_err *err)
{
	return vz_document_format(&kind, settings, ret, err);
}

int vz_settings_parse(const char *text, size_t len, struct vz_settings *ret, struct vz_err *err)
{
	auto_settings struct vz_settings s = {0};

	if (vz_document_parse(&kind, text, len, &s, err) < 0)
		return -1;
	if (s.cpus < 0 || s.io_weight > 10000)
		return vz_err_set(err, VZ_DAMAGED, "the record of settings has a limit out of its range");
	*ret = s;
	s = (struct vz_settings){0};
	return 0;
}

int vz_settings_read(const struct vz_store *s, const char *env, struct vz_settings *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s/settings.json", env);
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(vz_store_fd(s), path, SETTINGS_LIMIT, &text, err) < 0) {
		if (err->code != VZ_NOTFOUND)
			return -1;
		*ret = (struct vz_settings){0};
		return 0;
	}
	if (vz_settings_parse(text.data, text.len, ret, err) < 0)
		return vz_err_wrap(err, "environment '%s'", env);
	return 0;
}

int vz_settings_write(struct vz_store *s, const char *env, const struct vz_settings *settings, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s/settings.json", env);
	auto_buf struct vz_buf text = {0};

	if (vz_settings_format(settings, &text, err) < 0)
		return vz_err_wrap(err, "environment '%s'", env);
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}
