/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/path.h"
#include "base/table.h"
#include "builder/content.h"
#include "builder/dpkg.h"
#include "builder/inventory.h"
#include "builder/stanzas.h"

#define STATES "/var/lib/apt/extended_states"

/* The paths of a list file, one a line. */
static int add_files(const struct vz_store *s, const struct vz_tree *t, const struct vz_dpkg_package *p, struct vz_texts *ret,
		     struct vz_err *err)
{
	auto_free char *name = vz_dpkg_info_name(p);
	auto_free char *path = vz_printf(VZ_DPKG_DIR "/info/%s.list", name);
	auto_buf struct vz_buf text = {0};

	if (vz_content_read(s, t, path, &text, err) < 0)
		return -1;
	for (char *line = text.data, *end; line && *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = 0;
		if (*line == '/' && vz_path_is_sane(line))
			vz_texts_add(ret, line);
	}
	return 0;
}

static char *no_name(const struct vz_unit *u)
{
	(void)u;
	return NULL;
}

/* "NAME:ARCH" of what apt has marked as automatically installed. */
static int read_automatic(const struct vz_store *s, const struct vz_tree *t, struct vz_table *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	auto_stanzas struct vz_stanzas st = {0};

	if (vz_content_read(s, t, STATES, &text, err) < 0 || (text.len && vz_stanzas_read(&text, no_name, &st, err) < 0))
		return -1;
	for (size_t i = 0; i < st.units.n; i++) {
		auto_free char *name = vz_stanza_field(&st.units.items[i], "Package");
		auto_free char *arch = vz_stanza_field(&st.units.items[i], "Architecture");
		auto_free char *mark = vz_stanza_field(&st.units.items[i], "Auto-Installed");
		auto_free char *key = name && arch ? vz_printf("%s:%s", name, arch) : NULL;

		if (key && mark && strcmp(mark, "1") == 0)
			vz_table_put(ret, key, NULL);
	}
	return 0;
}

/* apt notes what fits any architecture under the one that it runs on. */
static bool is_automatic(const struct vz_table *automatic, const char *native, const struct vz_dpkg_package *p)
{
	auto_free char *key = vz_printf("%s:%s", p->name, strcmp(p->arch, "all") == 0 && native ? native : p->arch);

	return vz_table_has(automatic, key);
}

static bool is_installed(const char *status)
{
	const char *state = status ? strrchr(status, ' ') : NULL;

	return state && strcmp(state, " not-installed") != 0 && strcmp(state, " config-files") != 0;
}

static int add_package(const struct vz_store *s, const struct vz_tree *t, const struct vz_unit *u, struct vz_inventory *ret,
		       struct vz_err *err)
{
	auto_free char *name = vz_stanza_field(u, "Package"), *version = vz_stanza_field(u, "Version");
	auto_free char *arch = vz_stanza_field(u, "Architecture"), *status = vz_stanza_field(u, "Status");
	auto_free char *multi = vz_stanza_field(u, "Multi-Arch");
	const struct vz_dpkg_package p = {
		.name = name, .version = version, .arch = arch, .multi_arch_same = multi && strcmp(multi, "same") == 0,
	};
	struct vz_inventory_package *item;

	if (!name || !version || !arch || !is_installed(status) || !vz_dpkg_name_is_sane(name) || !vz_dpkg_name_is_sane(arch))
		return 0;
	item = vz_inventory_add(ret, name, version, arch);
	return item ? add_files(s, t, &p, &item->files, err) : 0;
}

static const char *native_arch(const struct vz_inventory *v)
{
	const struct vz_inventory_package *dpkg = NULL;

	for (size_t i = 0; i < v->n && !dpkg; i++)
		if (strcmp(v->items[i].name, "dpkg") == 0)
			dpkg = &v->items[i];
	return dpkg ? dpkg->arch : NULL;
}

static int read_deb(const struct vz_store *s, const struct vz_tree *t, struct vz_inventory *ret, struct vz_err *err)
{
	auto_stanzas struct vz_stanzas st = {0};
	auto_table struct vz_table automatic = {0};
	auto_buf struct vz_buf text = {0};
	const char *native;

	if (vz_content_read(s, t, VZ_DPKG_DIR "/status", &text, err) < 0)
		return -1;
	if (!text.len)
		return 0;
	if (vz_stanzas_read(&text, no_name, &st, err) < 0 || read_automatic(s, t, &automatic, err) < 0)
		return -1;
	for (size_t i = 0; i < st.units.n; i++)
		if (add_package(s, t, &st.units.items[i], ret, err) < 0)
			return -1;
	native = native_arch(ret);
	for (size_t i = 0; i < ret->n; i++) {
		struct vz_inventory_package *p = &ret->items[i];

		p->automatic = is_automatic(&automatic, native, &(struct vz_dpkg_package){ .name = p->name, .arch = p->arch });
	}
	return 0;
}

const struct vz_inventory_ops vz_inventory_deb = { "deb", read_deb };
