/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/dpkg.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "shim/apt.h"

static void package_release(struct vz_dpkg_package *p)
{
	free(p->name);
	free(p->version);
	free(p->arch);
	free(p->replaces);
	*p = (struct vz_dpkg_package){0};
}

void vz_dpkg_packages_release(struct vz_dpkg_packages *p)
{
	for (size_t i = 0; i < p->n; i++)
		package_release(&p->items[i]);
	free(p->items);
	*p = (struct vz_dpkg_packages){0};
}

bool vz_dpkg_name_is_sane(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

	return len > 0 && len <= 128 && !name[len] && !strchr("+-.", name[0]);
}

char *vz_dpkg_info_name(const struct vz_dpkg_package *p)
{
	return p->multi_arch_same ? vz_printf("%s:%s", p->name, p->arch) : vz_strdup(p->name);
}

struct read {
	struct vz_dpkg_packages *to;
	unsigned stanza;         /* of the last field; counts from 1 here */
};

static void set(char **field, const char *value)
{
	free(*field);
	*field = vz_strdup(value);
}

static int read_field(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err)
{
	struct read *r = ctx;
	struct vz_dpkg_package *p;

	(void)err;
	if (r->stanza != stanza + 1) {
		r->stanza = stanza + 1;
		vz_grow(r->to->items, r->to->n, r->to->cap);
		r->to->items[r->to->n++] = (struct vz_dpkg_package){0};
	}
	p = &r->to->items[r->to->n - 1];
	if (strcasecmp(name, "Package") == 0)
		set(&p->name, value);
	else if (strcasecmp(name, "Version") == 0)
		set(&p->version, value);
	else if (strcasecmp(name, "Architecture") == 0)
		set(&p->arch, value);
	else if (strcasecmp(name, "Replaces") == 0)
		set(&p->replaces, value);
	else if (strcasecmp(name, "Multi-Arch") == 0)
		p->multi_arch_same = strcmp(value, "same") == 0;
	return 0;
}

int vz_dpkg_packages_read(const char *text, size_t len, struct vz_dpkg_packages *ret, struct vz_err *err)
{
	struct read r = { .to = ret };
	size_t first = ret->n;

	if (vz_apt_control_read(text, len, read_field, &r, err) < 0)
		return -1;
	for (size_t i = first; i < ret->n; i++) {
		const struct vz_dpkg_package *p = &ret->items[i];

		if (!p->name || !vz_dpkg_name_is_sane(p->name))
			return vz_err_set(err, VZ_FAILED, "a package's control text has no proper name");
		if (!p->version || !p->arch || !vz_dpkg_name_is_sane(p->arch))
			return vz_err_set(err, VZ_FAILED, "package '%s' has no version or architecture", p->name);
	}
	return 0;
}

/* "<<", "<=", "=", ">=", ">>"; "<" and ">" are old words for "<=" and ">=". */
static bool version_holds(const char *have, const char *op, size_t op_len, const char *wanted)
{
	int order = vz_apt_version_cmp(have, wanted);

	if (op_len == 2 && op[0] == op[1] && op[0] != '=')
		return op[0] == '<' ? order < 0 : order > 0;
	if (op[0] == '=')
		return order == 0;
	return op[0] == '<' ? order <= 0 : order >= 0;
}

/* One alternative, "NAME[:ARCH] [(OP VERSION)]", `len` bytes. */
static bool relation_matches(const char *one, size_t len, const char *name, const char *version)
{
	size_t name_len = strlen(name), op_len, wanted_len;
	auto_free char *text = vz_strndup(one, len), *wanted = NULL;
	const char *p = text + strspn(text, " \t\n");

	if (strcspn(p, " \t\n:(") != name_len || strncmp(p, name, name_len) != 0)
		return false;
	p = strchr(p, '(');
	if (!p)
		return true;
	p += 1 + strspn(p + 1, " \t\n");
	op_len = strspn(p, "<=>");
	if (!op_len)
		return false;
	wanted_len = strcspn(p + op_len + strspn(p + op_len, " \t\n"), " \t\n)");
	wanted = vz_strndup(p + op_len + strspn(p + op_len, " \t\n"), wanted_len);
	return version_holds(version, p, op_len, wanted);
}

bool vz_dpkg_relation_has(const char *field, const char *name, const char *version)
{
	for (const char *p = field; p && *p; p += *p != 0) {
		size_t len = strcspn(p, ",|");

		if (relation_matches(p, len, name, version))
			return true;
		p += len;
	}
	return false;
}

void vz_dpkg_diversions_release(struct vz_dpkg_diversions *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].from);
		free(d->items[i].to);
		free(d->items[i].owner);
	}
	free(d->items);
	*d = (struct vz_dpkg_diversions){0};
}

/* The next line of `*text`, without its newline; NULL at the end. */
static char *next_line(const char **text, const char *end)
{
	const char *start = *text, *nl;

	if (start >= end)
		return NULL;
	nl = memchr(start, '\n', (size_t)(end - start));
	*text = nl ? nl + 1 : end;
	return vz_strndup(start, (size_t)((nl ? nl : end) - start));
}

int vz_dpkg_diversions_read(const char *text, size_t len, struct vz_dpkg_diversions *ret, struct vz_err *err)
{
	const char *end = text + len;

	for (char *from; (from = next_line(&text, end));) {
		char *to = next_line(&text, end), *owner = next_line(&text, end);

		vz_grow(ret->items, ret->n, ret->cap);
		ret->items[ret->n++] = (struct vz_dpkg_diversion){ from, to, owner };
		if (!to || !owner || from[0] != '/' || to[0] != '/' || !to[1])
			return vz_err_set(err, VZ_FAILED, "the list of diversions is damaged at '%s'", from);
	}
	return 0;
}

/* A file's path, or a word that can be a file name in triggers/. */
static bool trigger_is_sane(const char *name)
{
	size_t len = 0;

	while (name[len] > 0x20 && name[len] < 0x7f)
		len++;
	if (!len || name[len] || len > 4096 || strcmp(name, "File") == 0 || strcmp(name, "Unincorp") == 0 ||
	    strcmp(name, "Lock") == 0)
		return false;
	return name[0] == '/' || (strchr("+-.", name[0]) == NULL && !strchr(name, '/') && len <= 200);
}

static int read_trigger(const char *word, const char *name, vz_dpkg_interest interest, void *ctx, struct vz_err *err)
{
	static const char *const known[] = { "interest", "interest-await", "interest-noawait",
					     "activate", "activate-await", "activate-noawait" };
	size_t i = 0;

	while (i < 6 && strcmp(word, known[i]) != 0)
		i++;
	if (i == 6)
		return vz_err_set(err, VZ_FAILED, "unknown trigger directive '%s'", word);
	if (!trigger_is_sane(name))
		return vz_err_set(err, VZ_FAILED, "malformed trigger name '%s'", name);
	if (i < 3)
		interest(ctx, name, i < 2);
	return 0;
}

int vz_dpkg_triggers_read(const char *text, size_t len, vz_dpkg_interest interest, void *ctx, struct vz_err *err)
{
	const char *end = text + len;

	for (;;) {
		auto_free char *line = next_line(&text, end);
		char *word, *name;

		if (!line)
			return 0;
		line[strcspn(line, "#")] = 0;
		for (size_t i = strlen(line); i && strchr(" \t\r", line[i - 1]); i--)
			line[i - 1] = 0;
		word = line + strspn(line, " \t\r");
		if (!*word)
			continue;
		name = word + strcspn(word, " \t");
		if (*name)
			*name++ = 0;
		name += strspn(name, " \t");
		if (read_trigger(word, name, interest, ctx, err) < 0)
			return -1;
	}
}

/* Fields that only dpkg itself may set. */
static bool is_dpkgs_own(const char *name)
{
	static const char *const own[] = { "Status", "Conffiles", "Config-Version", "Triggers-Pending",
					   "Triggers-Awaited" };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcasecmp(name, own[i]) == 0)
			return true;
	return false;
}

static int add_field(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err)
{
	struct vz_buf *b = ctx;

	if (stanza)
		return vz_err_set(err, VZ_FAILED, "the control file has more than one stanza");
	if (is_dpkgs_own(name))
		return 0;
	vz_buf_printf(b, "%s: %s\n", name, value);
	if (strcasecmp(name, "Package") == 0)
		vz_buf_puts(b, "Status: install ok unpacked\n");
	return 0;
}

int vz_dpkg_stanza(const char *control, size_t len, const char *conffiles, struct vz_buf *ret, struct vz_err *err)
{
	if (vz_apt_control_read(control, len, add_field, ret, err) < 0)
		return -1;
	if (conffiles && *conffiles) {
		const char *end = conffiles + strlen(conffiles);

		vz_buf_puts(ret, "Conffiles:\n");
		for (;;) {
			auto_free char *line = next_line(&conffiles, end);

			if (!line)
				break;
			vz_buf_printf(ret, " %s\n", line);
		}
	}
	vz_buf_putc(ret, '\n');
	return 0;
}
