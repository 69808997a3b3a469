/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/state.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"

#define MAX_TEXT 4096

void vz_source_state_format(const struct vz_source_state *s, struct vz_buf *ret)
{
	auto_buf struct vz_buf text = {0};
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest sum;

	vz_buf_printf(&text, "vzpkg-source 2\ndate %lld\nmodified %lld\nsigned %s\n", (long long)s->date,
		      (long long)s->modified, s->was_signed ? "yes" : "no");
	vz_sha256(text.data, text.len, &sum);
	vz_digest_hex(&sum, hex);
	vz_buf_printf(ret, "%send %s\n", text.data, hex);
}

int vz_source_state_parse(const char *text, size_t len, struct vz_source_state *ret, struct vz_err *err)
{
	auto_free char *copy = vz_strndup(text, len);
	auto_buf struct vz_buf again = {0};
	long long date, modified;
	char was_signed[4];

	if (sscanf(copy, "vzpkg-source 2\ndate %lld\nmodified %lld\nsigned %3s\n", &date, &modified, was_signed) == 3) {
		*ret = (struct vz_source_state){ date, modified, strcmp(was_signed, "yes") == 0 };
		vz_source_state_format(ret, &again);
		if (again.len == len && memcmp(again.data, text, len) == 0)
			return 0;
	}
	return vz_err_set(err, VZ_DAMAGED, "the repository's state is not as it was written");
}

int vz_source_state_read(int dir, struct vz_source_state *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	*ret = (struct vz_source_state){0};
	if (vz_read_file(dir, VZ_SOURCE_STATE, MAX_TEXT, &text, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	return vz_source_state_parse(text.data, text.len, ret, err);
}

int vz_source_state_write(int dir, const struct vz_source_state *s, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	vz_source_state_format(s, &text);
	return vz_write_file(dir, VZ_SOURCE_STATE, text.data, text.len, 0600, err);
}
