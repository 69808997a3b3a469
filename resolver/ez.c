/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/ez.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "resolver/recipe_check.h"

#define MAX_FILES 512

void vz_ez_free(struct vz_ez *ez)
{
	if (!ez)
		return;
	for (size_t i = 0; i < ez->n_files; i++) {
		free(ez->files[i].name);
		free(ez->files[i].path);
		free(ez->files[i].text);
	}
	free(ez->files);
	free(ez->path);
	free(ez->dir);
	free(ez->area);
	free(ez->os);
	free(ez->version);
	free(ez->arch);
	free(ez->set);
	free(ez->app);
	free(ez);
}

const struct vz_ez_file *vz_ez_file(const struct vz_ez *ez, const char *name, bool inherited)
{
	for (size_t i = 0; i < ez->n_files; i++)
		if (ez->files[i].inherited == inherited && strcmp(ez->files[i].name, name) == 0)
			return &ez->files[i];
	return NULL;
}

static struct vz_ez_file *add_file(struct vz_ez *ez, const char *name, const char *path, bool inherited)
{
	ez->files = vz_realloc(ez->files, ez->n_files + 1, sizeof *ez->files);
	ez->files[ez->n_files] = (struct vz_ez_file){ .name = vz_strdup(name), .path = vz_strdup(path), .inherited = inherited };
	return &ez->files[ez->n_files++];
}

static int load(struct vz_ez *ez, const char *name, const char *path, bool inherited, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	struct vz_ez_file *f;

	if (ez->n_files >= MAX_FILES)
		return vz_err_set(err, VZ_USAGE, "template '%s' has more than %d files", ez->path, MAX_FILES);
	if (vz_recipe_load(path, &text, err) < 0)
		return -1;
	f = add_file(ez, name, path, inherited);
	f->len = text.len;
	f->text = vz_buf_steal(&text);
	return 0;
}

static bool is_there(const char *dir, const char *name)
{
	auto_free char *path = vz_printf("%s/%s", dir, name);

	return access(path, F_OK) == 0;
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n > m && strcmp(s + n - m, tail) == 0;
}

static void set(char **to, const char *value, size_t len)
{
	auto_free char *s = vz_strndup(value, len);

	if (!vz_name_is_sane(s))
		return;
	free(*to);
	*to = steal(&s);
}

/* Parts of .../OS/VERSION/ARCH/config/os/SET and .../config/app/APP/SET, from the end. */
static void look_at_path(struct vz_ez *ez)
{
	auto_free char *real = realpath(ez->dir, NULL);
	const char *parts[8];
	size_t lens[8], n = 0;
	char *end = real ? real + strlen(real) : NULL;

	for (char *p = end; p && p > real && n < 8; p--) {
		if (p[-1] != '/')
			continue;
		parts[n] = p;
		lens[n++] = (size_t)(end - p);
		end = p - 1;
	}
	ez->app = NULL;
	for (size_t app = 0; app < 2; app++) {
		const char *kind = app ? "app" : "os";
		size_t k = app ? 2 : 1;

		if (n < k + 5 || lens[k] != strlen(kind) || memcmp(parts[k], kind, lens[k]) != 0 || lens[k + 1] != 6 ||
		    memcmp(parts[k + 1], "config", 6) != 0)
			continue;
		if (app)
			set(&ez->app, parts[1], lens[1]);
		if (lens[0] != 7 || memcmp(parts[0], "default", 7) != 0)
			set(&ez->set, parts[0], lens[0]);
		set(&ez->arch, parts[k + 2], lens[k + 2]);
		set(&ez->version, parts[k + 3], lens[k + 3]);
		set(&ez->os, parts[k + 4], lens[k + 4]);
		ez->area = vz_strndup(real, (size_t)(parts[k + 4] - real - 1));
		return;
	}
}

static int load_inherited(struct vz_ez *ez, const char *dir, const char *const *names, struct vz_err *err)
{
	for (; *names; names++) {
		auto_free char *path = vz_printf("%s/%s", dir, *names);

		if (access(path, F_OK) == 0 && !vz_ez_file(ez, *names, true) && load(ez, *names, path, true, err) < 0)
			return -1;
	}
	return 0;
}

static int load_dir(struct vz_ez *ez, struct vz_err *err)
{
	static const char *const base[] = { "package_manager", "repositories", "zypp_repositories", "mirrorlist", "vzpkg.ini", NULL };
	static const char *const os[] = { "package_manager", NULL };
	struct dirent **entries;
	int n, rc = 0;

	look_at_path(ez);
	if (ez->set || ez->app) {
		auto_free char *def = vz_printf("%s/../default", ez->dir), *of_os = vz_printf("%s/../../../os/default", ez->dir);

		if ((ez->set && load_inherited(ez, def, base, err) < 0) ||
		    (ez->app && load_inherited(ez, of_os, os, err) < 0))
			return -1;
	}
	n = scandir(ez->dir, &entries, NULL, alphasort);
	if (n < 0)
		return vz_err_sys(err, "read directory '%s'", ez->dir);
	for (int i = 0; i < n; i++) {
		auto_free char *path = vz_printf("%s/%s", ez->dir, entries[i]->d_name);
		struct stat st;

		if (rc == 0 && entries[i]->d_name[0] != '.' && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
			rc = load(ez, entries[i]->d_name, path, false, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* What a spec file defines as `name`, with what it refers to put in; to be freed, or NULL. */
static char *spec_value(const char *spec, const char *name, unsigned depth)
{
	struct vz_buf b = {0};
	size_t len = strlen(name);
	const char *p;

	for (p = spec; p && *p; p = (p = strchr(p, '\n')) ? p + 1 : NULL) {
		const char *word = strncmp(p, "%define ", 8) == 0 ? p + 8 : strncmp(p, "%global ", 8) == 0 ? p + 8 : NULL;

		word = word ? word + strspn(word, " \t") : NULL;
		if (word && strncmp(word, name, len) == 0 && strchr(" \t", word[len])) {
			p = word + len + strspn(word + len, " \t");
			break;
		}
	}
	if (!p || !*p)
		return NULL;
	while (*p && !strchr(" \t\r\n", *p) && b.len < 256) {
		bool brace = p[0] == '%' && p[1] == '{';
		const char *ref = p + 1 + brace;
		size_t n = strspn(ref, "abcdefghijklmnopqrstuvwxyz_");
		auto_free char *inner = NULL, *value = NULL;

		if (*p != '%' || !n || depth >= 4) {
			vz_buf_putc(&b, *p++);
			continue;
		}
		inner = vz_strndup(ref, n);
		value = spec_value(spec, inner, depth + 1);
		vz_buf_puts(&b, value ? value : "");
		p = ref + n + (brace && ref[n] == '}');
	}
	return vz_buf_steal(&b);
}

static void take_spec(struct vz_ez *ez, const char *spec, const char *path)
{
	auto_free char *os = spec_value(spec, "templatename", 0), *version = spec_value(spec, "templatever", 0);
	auto_free char *arch = spec_value(spec, "templatearch", 0), *manager = spec_value(spec, "package_manager", 0);

	if (os && version && arch) {
		set(&ez->os, os, strlen(os));
		set(&ez->version, version, strlen(version));
		set(&ez->arch, arch, strlen(arch));
	}
	if (manager) {
		struct vz_ez_file *f = add_file(ez, "package_manager", path, true);

		f->len = strlen(manager);
		f->text = steal(&manager);
	}
}

/* PREFIX_NAME of one prefix; what the source tree's package would add stands in its spec. */
static int load_flat(struct vz_ez *ez, const char *prefix, struct vz_err *err)
{
	size_t len = strlen(prefix);
	struct dirent **entries;
	int n = scandir(ez->dir, &entries, NULL, alphasort), rc = 0;

	if (n < 0)
		return vz_err_sys(err, "read directory '%s'", ez->dir);
	ez->flat = true;
	if (strcmp(prefix, "os") != 0)
		set(&ez->app, prefix, len);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		auto_free char *path = vz_printf("%s/%s", ez->dir, name);
		bool ours = strncmp(name, prefix, len) == 0 && name[len] == '_' && name[len + 1];

		if (rc == 0 && ours)
			rc = load(ez, name + len + 1, path, false, err);
		else if (rc == 0 && ez->app && strcmp(name, "os_package_manager") == 0)
			rc = load(ez, "package_manager", path, true, err);
		else if (rc == 0 && ends_with(name, ".spec")) {
			auto_buf struct vz_buf spec = {0};

			rc = vz_recipe_load(path, &spec, err);
			if (rc == 0)
				take_spec(ez, spec.data, path);
		}
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* The directory or file in which the template that `path` means begins; NULL: none. `ret_prefix`: of a flat tree. */
static char *locate(const char *path, char **ret_prefix)
{
	static const char *const below[] = { "", "/default", "/config/os/default" };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct stat st;

	*ret_prefix = NULL;
	if (stat(path, &st) < 0)
		return NULL;
	if (S_ISREG(st.st_mode) && ends_with(name, "_packages")) {
		*ret_prefix = vz_strndup(name, strlen(name) - strlen("_packages"));
		return slash ? vz_strndup(path, (size_t)(slash - path)) : vz_strdup(".");
	}
	if (S_ISREG(st.st_mode))
		return strncmp(name, "metafile", 8) == 0 ? vz_strdup(path) : NULL;
	for (size_t i = 0; S_ISDIR(st.st_mode) && i < sizeof below / sizeof *below; i++) {
		auto_free char *dir = vz_printf("%s%s", path, below[i]);

		if (is_there(dir, "packages"))
			return steal(&dir);
	}
	if (!S_ISDIR(st.st_mode) || !is_there(path, "os_packages"))
		return NULL;
	*ret_prefix = vz_strdup("os");
	return vz_strdup(path);
}

bool vz_ez_is(const char *path)
{
	auto_free char *prefix = NULL, *at = locate(path, &prefix);

	return at;
}

struct vz_ez *vz_ez_read(const char *path, struct vz_err *err)
{
	auto_ez struct vz_ez *ez = NULL;
	auto_free char *prefix = NULL, *at = locate(path, &prefix);
	struct stat st;

	if (!at) {
		vz_err_set(err, VZ_NOTFOUND, "'%s' is no EZ template", path);
		vz_err_hint(err, "expected a directory with 'packages', 'os_packages' or 'config/os/default/packages'");
		return NULL;
	}
	if (!prefix && stat(at, &st) == 0 && S_ISREG(st.st_mode)) {
		auto_buf struct vz_buf text = {0};

		return vz_recipe_load(path, &text, err) < 0 ? NULL : vz_ez_split(text.data, text.len, path);
	}
	ez = vz_new(struct vz_ez);
	ez->path = vz_strdup(path);
	ez->dir = steal(&at);
	if ((prefix ? load_flat(ez, prefix, err) : load_dir(ez, err)) < 0)
		return NULL;
	return steal(&ez);
}

/* One value of a metafile's section: its first line. */
static void take_section(struct vz_ez *ez, struct vz_ez_file *f)
{
	const struct { const char *name; char **to; } facts[] = {
		{ "osname", &ez->os }, { "osver", &ez->version }, { "osarch", &ez->arch }, { "appname", &ez->app },
		{ "setname", &ez->set },
	};
	const char *value = f->text + strspn(f->text, " \t\r\n");

	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		if (strcmp(f->name, facts[i].name) != 0)
			continue;
		set(facts[i].to, value, strcspn(value, " \t\r\n"));
		free(f->name);
		free(f->path);
		free(f->text);
		ez->n_files--;
		return;
	}
}

/* Length of the name of a section that begins at `p`; 0: none does. */
static size_t section_name(const char *p, const char *end)
{
	size_t n = 0;

	if (p < end && *p == '%')
		while (p + 1 + n < end && (strchr("_.-", p[1 + n]) || isalnum((unsigned char)p[1 + n])) && p[1 + n])
			n++;
	return n;
}

struct vz_ez *vz_ez_split(const char *text, size_t len, const char *path)
{
	struct vz_ez *ez = vz_new(struct vz_ez);
	const char *slash = strrchr(path, '/'), *end = text + len;

	ez->path = vz_strdup(path);
	ez->dir = slash ? vz_strndup(path, (size_t)(slash - path)) : vz_strdup(".");
	for (const char *p = text; p < end && ez->n_files < MAX_FILES;) {
		size_t name = section_name(p, end);
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		auto_free char *word = vz_strndup(p + 1, name), *place = vz_printf("%s: %%%s", path, word);
		struct vz_ez_file *f = name ? add_file(ez, word, place, false) : NULL;
		struct vz_buf b = {0};

		for (p = nl ? nl + 1 : end; f && p < end && !section_name(p, end); p = nl ? nl + 1 : end) {
			nl = memchr(p, '\n', (size_t)(end - p));
			if (end - p > 1 && p[0] == '\\' && p[1] == '#')
				p++;
			else if (*p == '#')
				p = nl ? nl : end;
			vz_buf_add(&b, p, (size_t)((nl ? nl + 1 : end) - p));
		}
		if (!f)
			continue;
		f->len = b.len;
		f->text = vz_buf_steal(&b);
		take_section(ez, f);
	}
	return ez;
}

char *vz_ez_find(const char *area, const char *name)
{
	/* every part may hold a '-', so each way to cut the name is tried, the shortest OS first */
	for (const char *a = strchr(name, '-'); a; a = strchr(a + 1, '-'))
		for (const char *b = strchr(a + 1, '-'); b; b = strchr(b + 1, '-')) {
			const char *c = strchr(b + 1, '-'), *end = c ? c : name + strlen(name);
			auto_free char *dir = vz_printf("%s/%.*s/%.*s/%.*s/config/os/%s", area, (int)(a - name), name,
							(int)(b - a) - 1, a + 1, (int)(end - b) - 1, b + 1, c ? c + 1 : "default");

			if (is_there(dir, "packages"))
				return steal(&dir);
		}
	return NULL;
}
