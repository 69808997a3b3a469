/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/recipe_check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/path.h"
#include "resolver/request.h"
#include "resolver/url.h"

#define FILE_LIMIT (1024 * 1024)
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define ALNUM LOWER UPPER DIGITS
#define PATTERN "*?[]"

const char *const vz_recipe_archs[] = { "x86_64", "aarch64", "armv7l", "i686", "ppc64le", "riscv64", "s390x",
					"loongarch64", NULL };

const char *const vz_recipe_autos[] = { "no", "download", "build", "apply", NULL };

char *vz_recipe_beside(const char *recipe, const char *name)
{
	const char *slash = strrchr(recipe, '/');

	if (!slash || *name == '/')
		return vz_strdup(name);
	return vz_printf("%.*s/%s", (int)(slash - recipe), recipe, name);
}

int vz_recipe_load(const char *path, struct vz_buf *ret, struct vz_err *err)
{
	auto_fd int fd = vz_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return vz_err_sys(err, "stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vz_err_set(err, VZ_FAILED, "'%s' is not a regular file", path);
	if (st.st_size > FILE_LIMIT)
		return vz_err_set(err, VZ_FAILED, "'%s' is larger than 1 MiB", path);
	vz_buf_puts(ret, "");
	return vz_read_fd(fd, FILE_LIMIT, ret, err);
}

/* Levenshtein's distance, for words of up to 31 bytes. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[32], la = (unsigned)strlen(a), lb = (unsigned)strlen(b);

	if (la > 31 || lb > 31)
		return 99;
	for (unsigned j = 0; j <= lb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			unsigned above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);

			best = above + 1 < best ? above + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *vz_recipe_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned least = 3;

	for (; *words; words++) {
		unsigned d = distance(word, *words);

		if (d < least && d < strlen(*words)) {
			least = d;
			best = *words;
		}
	}
	return best;
}

char *vz_recipe_words(const char *const *words)
{
	struct vz_buf b = {0};

	for (size_t i = 0; words[i]; i++)
		vz_buf_printf(&b, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
	return vz_buf_steal(&b);
}

void vz_recipe_add(char ***list, size_t *n, const char *item, size_t len)
{
	for (size_t i = 0; i < *n; i++)
		if (strlen((*list)[i]) == len && memcmp((*list)[i], item, len) == 0)
			return;
	*list = vz_realloc(*list, *n + 1, sizeof **list);
	(*list)[(*n)++] = vz_strndup(item, len);
}

const char *vz_recipe_word(const char **p, size_t *ret_len)
{
	const char *word = *p + strspn(*p, " \t\r\n");

	*ret_len = strcspn(word, " \t\r\n");
	*p = word + *ret_len;
	return *ret_len ? word : NULL;
}

static bool is_op(char c)
{
	return c == '=' || c == '<' || c == '>';
}

char *vz_recipe_glued(const char *value)
{
	struct vz_buf b = {0};

	for (const char *p = value; *p; p++) {
		const char *next = p + strspn(p, " \t");

		if (next != p && (is_op(*next) || (b.len && is_op(b.data[b.len - 1]))))
			p = next;
		vz_buf_putc(&b, *p);
	}
	return vz_buf_steal(&b);
}

/* First byte out of `first`, the others out of `rest`, up to `end`. */
static bool spelled(const char *s, const char *end, const char *first, const char *rest)
{
	if (s >= end || !strchr(first, *s))
		return false;
	for (s++; s < end; s++)
		if (!*s || !strchr(rest, *s))
			return false;
	return true;
}

bool vz_recipe_package_ok(const char *item, enum vz_family family)
{
	auto_request struct vz_request q = {0};
	const char *end, *colon;

	if (strlen(item) > 256 || !vz_request_parse(item, &q))
		return false;
	if (q.version && !spelled(q.version, q.version + strlen(q.version), ALNUM PATTERN, ALNUM PATTERN ".+-~:^_"))
		return false;
	end = q.what + strlen(q.what);
	if (family != VZ_FAMILY_DEB)
		return spelled(q.what, end, ALNUM PATTERN "@/_", ALNUM PATTERN "@/_.+-~:^()");
	colon = strchr(q.what, ':');
	if (colon && !spelled(colon + 1, end, LOWER, LOWER DIGITS "-"))
		return false;
	return spelled(q.what, colon ? colon : end, LOWER DIGITS PATTERN, LOWER DIGITS PATTERN "+.-");
}

bool vz_recipe_suite_ok(const char *s)
{
	return strlen(s) <= 128 && spelled(s, s + strlen(s), ALNUM, ALNUM "._/+~-") && vz_path_is_sane(s) &&
	       s[strlen(s) - 1] != '/';
}

bool vz_recipe_module_ok(const char *s)
{
	const char *colon = strchr(s, ':');

	if (strcmp(s, "default") == 0)
		return true;
	return colon && strlen(s) <= 128 && spelled(s, colon, ALNUM, ALNUM "._+-") &&
	       spelled(colon + 1, s + strlen(s), ALNUM, ALNUM "._+-");
}

static bool is_base(const char *url)
{
	return vz_url_is_sane(url) && !strpbrk(url, "?#");
}

bool vz_recipe_url_ok(const char *url)
{
	if (strncmp(url, "mirror:", 7) == 0)
		return vz_name_is_sane(url + 7);
	if (strncmp(url, "metalink+", 9) == 0)
		return vz_url_is_sane(url + 9);
	if (strncmp(url, "mirrorlist+", 11) == 0)
		return vz_url_is_sane(url + 11);
	return is_base(url);
}

bool vz_recipe_sources_ok(const char *s)
{
	return strcmp(s, "no") == 0 || is_base(s);
}

static bool is_variable(const char *p, size_t len)
{
	return (len == 4 && memcmp(p, "arch", 4) == 0) || (len == 10 && memcmp(p, "releasever", 10) == 0);
}

char *vz_recipe_unknown_variable(const char *value)
{
	for (const char *p = value; (p = strstr(p, "${")); p += 2) {
		const char *end = strchr(p, '}');
		size_t len = end ? (size_t)(end - p) - 2 : strlen(p + 2);

		if (!end || !is_variable(p + 2, len))
			return vz_strndup(p, end ? len + 3 : len + 2);
	}
	return NULL;
}

static int expand(const struct vz_recipe *r, const struct vz_recipe_repo *repo, char **value, struct vz_err *err)
{
	auto_buf struct vz_buf b = {0};
	const char *p = *value, *dollar;

	if (!p || !strstr(p, "${"))
		return 0;
	for (; (dollar = strstr(p, "${")); p = strchr(dollar, '}') + 1) {
		vz_buf_add(&b, p, (size_t)(dollar - p));
		if (dollar[2] == 'r' && !r->releasever)
			return vz_err_set(err, VZ_USAGE,
					  "%s:%u: repository '%s' uses ${releasever}, expected releasever = … in [template]",
					  repo->file, repo->line, repo->id);
		vz_buf_puts(&b, dollar[2] == 'r' ? r->releasever : r->arch);
	}
	vz_buf_puts(&b, p);
	free(*value);
	*value = vz_buf_steal(&b);
	return 0;
}

/* Values with a variable could not be looked at before. */
static int expand_list(const struct vz_recipe *r, const struct vz_recipe_repo *repo, char **list, size_t n,
		       bool (*ok)(const char *), struct vz_err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (expand(r, repo, &list[i], err) < 0)
			return -1;
		if (list[i] && !ok(list[i])) {
			auto_free char *public = vz_url_public(list[i]);

			return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' has the bad value '%s'", repo->file, repo->line,
					  repo->id, public);
		}
	}
	return 0;
}

static int expand_all(const struct vz_recipe *r, struct vz_recipe_repo *repo, struct vz_err *err)
{
	if (expand_list(r, repo, repo->urls, repo->n_urls, vz_recipe_url_ok, err) < 0 ||
	    expand_list(r, repo, repo->components, repo->n_components, vz_recipe_suite_ok, err) < 0 ||
	    expand_list(r, repo, repo->modules, repo->n_modules, vz_recipe_module_ok, err) < 0 ||
	    expand_list(r, repo, &repo->suite, 1, vz_recipe_suite_ok, err) < 0)
		return -1;
	if (expand_list(r, repo, &repo->key_from, 1, vz_url_is_sane, err) < 0 ||
	    expand_list(r, repo, &repo->sources, 1, vz_recipe_sources_ok, err) < 0)
		return -1;
	return expand(r, repo, &repo->key, err);
}

static const char *trust_word(const struct vz_recipe_repo *repo)
{
	static const char *const words[] = { "signed", "packages", "metadata", "both" };

	return repo->unsigned_ok ? "unsigned" : words[repo->trust];
}

static int check_repo(const struct vz_recipe_repo *repo, struct vz_err *err)
{
	const char *lacks = !repo->type ? "type, expected type = deb" :
			    !repo->n_urls ? "url, expected url = URL or url = mirror:NAME" :
			    strcmp(repo->type, "deb") != 0 ? NULL :
			    !repo->suite ? "suite, expected suite = CODENAME" :
			    !repo->n_components ? "components, expected for instance components = main" : NULL;

	if (lacks)
		return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' has no %s", repo->file, repo->line, repo->id, lacks);
	if (!repo->key && !repo->unsigned_ok)
		return vz_err_set(err, VZ_USAGE,
				  "%s:%u: repository '%s' has no key, add key = KEYRING or, if you accept that, trust = unsigned",
				  repo->file, repo->line, repo->id);
	if (repo->key && repo->unsigned_ok)
		return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' has a key and trust = unsigned, expected one of them",
				  repo->file, repo->line, repo->id);
	if (repo->n_modules && strcmp(repo->type, "deb") == 0)
		return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' of type deb has modules, which only type rpm knows",
				  repo->file, repo->line, repo->id);
	if (repo->sources && strcmp(repo->type, "rpm") == 0)
		return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' of type rpm has sources, which only type deb knows",
				  repo->file, repo->line, repo->id);
	if (repo->outlived && strcmp(repo->type, "rpm") == 0)
		return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' of type rpm has valid-until = ignore, which only type deb knows",
				  repo->file, repo->line, repo->id);
	if (repo->n_fingerprints && !repo->key)
		return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' has a fingerprint and no key, expected key = KEYRING",
				  repo->file, repo->line, repo->id);
	if (repo->trust != VZ_TRUST_SIGNED && strcmp(repo->type, "deb") == 0)
		return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' of type deb has trust = %s, expected signed or unsigned",
				  repo->file, repo->line, repo->id, trust_word(repo));
	for (size_t i = 0; i < repo->n_urls; i++)
		if (strcmp(repo->type, "deb") == 0 &&
		    (strncmp(repo->urls[i], "metalink+", 9) == 0 || strncmp(repo->urls[i], "mirrorlist+", 11) == 0))
			return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' of type deb has a %.*s url, expected a URL "
					  "or mirror:NAME", repo->file, repo->line, repo->id,
					  (int)strcspn(repo->urls[i], "+"), repo->urls[i]);
	return 0;
}

void vz_recipe_write_list(struct vz_buf *b, const char *key, char **items, size_t n)
{
	if (!n)
		return;
	vz_buf_printf(b, "%s =\n", key);
	for (size_t i = 0; i < n; i++)
		vz_buf_printf(b, "    %s\n", items[i]);
}

static void write_value(struct vz_buf *b, const char *key, const char *value)
{
	if (value)
		vz_buf_printf(b, "%s = %s\n", key, value);
}

void vz_recipe_write_source(struct vz_buf *b, const struct vz_recipe_repo *repo)
{
	write_value(b, "type", repo->type);
	vz_recipe_write_list(b, "url", repo->urls, repo->n_urls);
	write_value(b, "suite", repo->suite);
	vz_recipe_write_list(b, "components", repo->components, repo->n_components);
}

void vz_recipe_write_rest(struct vz_buf *b, const struct vz_recipe_repo *repo)
{
	write_value(b, "key", repo->key);
	write_value(b, "key-from", repo->key_from);
	vz_recipe_write_list(b, "fingerprint", repo->fingerprints, repo->n_fingerprints);
	write_value(b, "trust", trust_word(repo));
	vz_buf_printf(b, "priority = %d\n", repo->priority);
	write_value(b, "sources", repo->sources);
	write_value(b, "valid-until", repo->outlived ? "ignore" : NULL);
	vz_recipe_write_list(b, "modules", repo->modules, repo->n_modules);
}

static void write_packages(struct vz_buf *b, const struct vz_recipe_packages *p)
{
	vz_buf_printf(b, "\n[packages%s%s]\n", p->template_glob ? " " : "", p->template_glob ? p->template_glob : "");
	vz_recipe_write_list(b, "install", p->install, p->n_install);
	vz_recipe_write_list(b, "exclude", p->exclude, p->n_exclude);
	if (p->recommends >= 0)
		write_value(b, "recommends", p->recommends ? "yes" : "no");
}

void vz_recipe_write_health(struct vz_buf *b, const struct vz_recipe_health *h)
{
	if (!h->n_checks)
		return;
	vz_buf_printf(b, "\n[health]\ntimeout = %u\n", h->timeout);
	vz_recipe_write_list(b, "check", h->checks, h->n_checks);
}

static char *canonical(const struct vz_recipe *r)
{
	struct vz_buf b = {0};
	struct vz_digest d;
	char hex[VZ_HEX_LEN + 1];

	vz_buf_printf(&b, "[template]\nname = %s\nkind = %s\n", r->name, r->kind);
	write_value(&b, "summary", r->summary);
	write_value(&b, "arch", r->arch);
	write_value(&b, "releasever", r->releasever);
	vz_buf_printf(&b, "keep = %u\nauto = %s\n", r->keep, vz_recipe_autos[r->automatic - VZ_AUTO_NO]);
	for (size_t i = 0; i < r->n_repos; i++) {
		vz_buf_printf(&b, "\n[repository %s]\n", r->repos[i].id);
		vz_recipe_write_source(&b, &r->repos[i]);
		vz_recipe_write_rest(&b, &r->repos[i]);
	}
	for (size_t i = 0; i < r->n_packages; i++)
		write_packages(&b, &r->packages[i]);
	if (r->n_scripts)
		vz_buf_puts(&b, "\n[scripts]\n");
	for (size_t i = 0; i < r->n_scripts; i++) {
		vz_sha256(r->scripts[i].text, r->scripts[i].len, &d);
		vz_digest_hex(&d, hex);
		vz_buf_printf(&b, "%s = %s\n; sha256 %s\n", r->scripts[i].when, r->scripts[i].name, hex);
	}
	vz_recipe_write_health(&b, &r->health);
	return vz_buf_steal(&b);
}

/* What a recipe says is the same in whatever order its sections stand. */
static void put_in_order(struct vz_recipe *r)
{
	for (size_t i = 1; i < r->n_packages; i++)
		if (!r->packages[i].template_glob) {
			struct vz_recipe_packages plain = r->packages[i];

			memmove(&r->packages[1], &r->packages[0], i * sizeof plain);
			r->packages[0] = plain;
		}
	if (r->n_scripts == 2 && strcmp(r->scripts[1].when, "post-cache") == 0) {
		struct vz_recipe_script last = r->scripts[0];

		r->scripts[0] = r->scripts[1];
		r->scripts[1] = last;
	}
}

int vz_recipe_finish(struct vz_recipe *r, struct vz_err *err)
{
	struct utsname host;

	if (!r->name)
		return vz_err_set(err, VZ_USAGE, "%s:1: the template has no name, expected name = NAME in [template]", r->path);
	if (!r->kind)
		return vz_err_set(err, VZ_USAGE, "%s:1: the template has no kind, expected kind = os or kind = app in [template]",
				  r->path);
	if (!r->arch && uname(&host) == 0)
		r->arch = vz_strdup(host.machine);
	if (!r->automatic)
		r->automatic = VZ_AUTO_APPLY;
	if (!r->health.timeout)
		r->health.timeout = 60;
	if (strcmp(r->kind, "os") == 0 && !r->n_repos)
		return vz_err_set(err, VZ_USAGE, "%s:1: a template of kind os without repository, expected [repository ID]",
				  r->path);
	for (size_t i = 0; i < r->n_repos; i++) {
		if (check_repo(&r->repos[i], err) < 0 || expand_all(r, &r->repos[i], err) < 0)
			return -1;
		if (strcmp(r->repos[i].type, r->repos[0].type) != 0)
			return vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' is of type %s, expected %s as '%s' is",
					  r->repos[i].file, r->repos[i].line, r->repos[i].id, r->repos[i].type,
					  r->repos[0].type, r->repos[0].id);
	}
	for (size_t i = 0; i < r->n_packages; i++)
		if (r->packages[i].template_glob && strcmp(r->kind, "os") == 0)
			return vz_err_set(err, VZ_USAGE, "%s:1: [packages %s] in a template of kind os, expected [packages] "
					  "(a pattern selects OS templates for an app)", r->path, r->packages[i].template_glob);
	put_in_order(r);
	r->text = canonical(r);
	return 0;
}
