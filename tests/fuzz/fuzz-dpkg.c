/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte chooses the parser; the rest is a control, status, diversions or triggers file, or a relation. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "builder/dpkg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void interest(void *ctx, const char *trigger, bool await)
{
	(void)await;
	/* becomes a file name */
	if (trigger[0] != '/' && strchr(trigger, '/'))
		abort();
	++*(size_t *)ctx;
}

static void read_packages(const char *text, size_t len)
{
	auto_dpkg_packages struct vz_dpkg_packages p = {0};
	struct vz_err err;

	if (vz_dpkg_packages_read(text, len, &p, &err) < 0)
		return;
	for (size_t i = 0; i < p.n; i++) {
		auto_free char *name = vz_dpkg_info_name(&p.items[i]);

		if (strchr(name, '/'))
			abort();
		vz_dpkg_relation_has(p.items[i].replaces, p.items[i].name, p.items[i].version);
	}
}

/* What we write, we must be able to read, as one package. */
static void write_stanza(const char *text, size_t len)
{
	auto_buf struct vz_buf stanza = {0};
	auto_dpkg_packages struct vz_dpkg_packages before = {0}, after = {0};
	struct vz_err err;

	if (vz_dpkg_packages_read(text, len, &before, &err) < 0 || before.n != 1)
		return;
	if (vz_dpkg_stanza(text, len, "/etc/x 0\n", &stanza, &err) < 0)
		return;
	if (vz_dpkg_packages_read(stanza.data, stanza.len, &after, &err) < 0 || after.n != 1 ||
	    strcmp(before.items[0].name, after.items[0].name) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = size ? vz_memdup(data + 1, size - 1) : NULL;
	struct vz_dpkg_diversions d = {0};
	struct vz_err err;
	size_t n = 0;

	if (!size)
		return 0;
	switch (data[0]) {
	case 'c':
		read_packages(text, size - 1);
		write_stanza(text, size - 1);
		break;
	case 'd':
		vz_dpkg_diversions_read(text, size - 1, &d, &err);
		vz_dpkg_diversions_release(&d);
		break;
	case 't':
		vz_dpkg_triggers_read(text, size - 1, interest, &n, &err);
		break;
	case 'r':
		vz_dpkg_relation_has(text, "a", "1");
		break;
	}
	return 0;
}
