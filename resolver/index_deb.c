/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/index_deb.h"

#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_write.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "resolver/plan.h"

#define STANZA_LIMIT (4 << 20)
#define ALTERNATIVES 256

enum field {
	PACKAGE, VERSION, ARCHITECTURE, MULTI_ARCH, ESSENTIAL, PRIORITY, PRE_DEPENDS, DEPENDS, RECOMMENDS, CONFLICTS,
	BREAKS, SUGGESTS, REPLACES, ENHANCES, PROVIDES, FILENAME, SIZE, SHA256, N_FIELDS
};

static const struct { const char *name; size_t len; } fields[N_FIELDS] = {
#define FIELD(name) { name, sizeof name - 1 }
	[PACKAGE] = FIELD("Package"), [VERSION] = FIELD("Version"), [ARCHITECTURE] = FIELD("Architecture"),
	[MULTI_ARCH] = FIELD("Multi-Arch"), [ESSENTIAL] = FIELD("Essential"),
	[PRIORITY] = FIELD("Priority"), [PRE_DEPENDS] = FIELD("Pre-Depends"), [DEPENDS] = FIELD("Depends"),
	[RECOMMENDS] = FIELD("Recommends"), [CONFLICTS] = FIELD("Conflicts"), [BREAKS] = FIELD("Breaks"),
	[SUGGESTS] = FIELD("Suggests"), [REPLACES] = FIELD("Replaces"), [ENHANCES] = FIELD("Enhances"),
	[PROVIDES] = FIELD("Provides"), [FILENAME] = FIELD("Filename"), [SIZE] = FIELD("Size"), [SHA256] = FIELD("SHA256"),
#undef FIELD
};

static const char *const priorities[] = { "required", "important", "standard", "optional", "extra" };

/* A piece of the text; leading and trailing white space is not part of it. */
struct span {
	const char *p, *end;
};

struct vz_index_deb {
	Pool *pool;
	Repo *repo;
	Repodata *data;
	Id essential, required, key_priority, key_mention, key_needs;
	Queue needs;                 /* of the package at hand, in the order written */
	char *arch;
	struct vz_buf rest;          /* of a stanza whose end has not come */
	size_t line, bad;
	struct span value[N_FIELDS];
	char location[4096];
};

struct vz_index_deb *vz_index_deb_new(const char *arch)
{
	struct vz_index_deb *x = vz_new(struct vz_index_deb);

	x->arch = vz_strdup(arch);
	x->pool = pool_create();
	pool_setdisttype(x->pool, DISTTYPE_DEB);
	x->repo = repo_create(x->pool, "index");
	x->data = repo_add_repodata(x->repo, 0);
	x->essential = pool_str2id(x->pool, "vzpkg(essential)", 1);
	x->required = pool_str2id(x->pool, "vzpkg(required)", 1);
	x->key_priority = pool_str2id(x->pool, "vzpkg:priority", 1);
	x->key_mention = pool_str2id(x->pool, "vzpkg:mention", 1);
	x->key_needs = pool_str2id(x->pool, "vzpkg:needs", 1);
	queue_init(&x->needs);
	return x;
}

void vz_index_deb_free(struct vz_index_deb *x)
{
	if (!x)
		return;
	queue_free(&x->needs);
	pool_free(x->pool);
	vz_buf_release(&x->rest);
	free(x->arch);
	free(x);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span trim(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	while (p < end && is_space(end[-1]))
		end--;
	return (struct span){ p, end };
}

static size_t span_len(struct span s)
{
	return (size_t)(s.end - s.p);
}

static bool span_is(struct span s, const char *word)
{
	return span_len(s) == strlen(word) && memcmp(s.p, word, span_len(s)) == 0;
}

enum set { NAME_SET, VERSION_SET };

/* Written out, because strchr() in the innermost loop would be half of the time. */
static bool in_set(unsigned char c, enum set set)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.')
		return true;
	return set == NAME_SET ? c == '_' : c == '~' || c == ':';
}

static bool is_word(struct span s, enum set set)
{
	if (s.p == s.end || span_len(s) > 255 || *s.p == '+' || *s.p == '-' || *s.p == '.' || *s.p == '_')
		return false;
	for (const char *p = s.p; p < s.end; p++)
		if (!in_set((unsigned char)*p, set))
			return false;
	return true;
}

static Id span_id(struct vz_index_deb *x, struct span s)
{
	return pool_strn2id(x->pool, s.p, (unsigned)span_len(s), 1);
}

/* "(>= 1.2)", of which `s` is what stands between the parentheses. */
static Id relation(struct vz_index_deb *x, Id name, struct span s)
{
	static const struct { char op[3]; int flags; } ops[] = {
		{ ">=", REL_GT | REL_EQ }, { "<=", REL_LT | REL_EQ }, { ">>", REL_GT }, { "<<", REL_LT }, { "=", REL_EQ },
		{ ">", REL_GT | REL_EQ }, { "<", REL_LT | REL_EQ },
	};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		size_t len = strlen(ops[i].op);

		if (span_len(s) > len && memcmp(s.p, ops[i].op, len) == 0) {
			struct span version = trim(s.p + len, s.end);

			return is_word(version, VERSION_SET) ?
			       pool_rel2id(x->pool, name, span_id(x, version), ops[i].flags, 1) : 0;
		}
	}
	return 0;
}

/* NAME[:ARCH] [(OP VERSION)]; 0 if it is malformed. */
static Id one_dep(struct vz_index_deb *x, struct span s)
{
	const char *open = memchr(s.p, '(', span_len(s));
	struct span full = trim(s.p, open ? open : s.end), name = full;
	const char *colon = memchr(full.p, ':', span_len(full));
	Id id;

	if (colon) {
		struct span arch = { colon + 1, full.end };

		name.end = colon;
		if (!is_word(arch, NAME_SET))
			return 0;
		if (span_is(arch, "native") || span_is(arch, x->arch))
			full = name;
	}
	if (!is_word(name, NAME_SET))
		return 0;
	id = span_id(x, full);
	if (!open)
		return id;
	return s.end[-1] == ')' ? relation(x, id, trim(open + 1, s.end - 1)) : 0;
}

/* A | B | C as A or (B or C); 0 if it is malformed. */
static Id or_group(struct vz_index_deb *x, struct span s)
{
	Id alternatives[ALTERNATIVES], id;
	size_t n = 0;

	for (const char *p = s.p;; ) {
		const char *bar = memchr(p, '|', (size_t)(s.end - p));

		if (n == ALTERNATIVES || !(alternatives[n++] = one_dep(x, trim(p, bar ? bar : s.end))))
			return 0;
		if (!bar)
			break;
		p = bar + 1;
	}
	id = alternatives[--n];
	while (n)
		id = pool_rel2id(x->pool, alternatives[--n], id, REL_OR, 1);
	return id;
}

/* Adds the comma-separated list of `field` to the array at `deps`. */
static bool add_deps(struct vz_index_deb *x, enum field field, Offset *deps, Id marker)
{
	struct span s = x->value[field];
	const char *comma;

	for (const char *p = s.p; p && p < s.end; p = comma ? comma + 1 : NULL) {
		struct span group;
		Id id;

		comma = memchr(p, ',', (size_t)(s.end - p));
		group = trim(p, comma ? comma : s.end);
		if (group.p == group.end)    /* dpkg takes a comma too many */
			continue;
		id = or_group(x, group);
		if (!id)
			return false;
		*deps = repo_addid_dep(x->repo, *deps, id, marker);
		queue_push(&x->needs, id);
	}
	queue_push(&x->needs, SOLVABLE_PREREQMARKER);
	return true;
}

/* Gives the names in `field` their numbers in the pool, for "vzpkg:mention" only. */
static void mention(struct vz_index_deb *x, enum field field)
{
	struct span s = x->value[field];

	for (const char *p = s.p; p && p < s.end; ) {
		const char *end = p;

		while (end < s.end && in_set((unsigned char)*end, NAME_SET))
			end++;
		if (end > p)
			pool_strn2id(x->pool, p, (unsigned)(end - p), 1);
		while (end < s.end && *end != ',' && *end != '|')
			end++;
		for (p = end; p < s.end && (is_space(*p) || *p == ',' || *p == '|'); )
			p++;
	}
}

static void add_provides(struct vz_index_deb *x, Solvable *s)
{
	struct span name = x->value[PACKAGE];

	s->provides = repo_addid_dep(x->repo, s->provides, pool_rel2id(x->pool, s->name, s->evr, REL_EQ, 1), 0);
	if (span_is(x->value[MULTI_ARCH], "allowed")) {
		auto_free char *any = vz_printf("%.*s:any", (int)span_len(name), name.p);
		Id id = pool_str2id(x->pool, any, 1);

		s->provides = repo_addid_dep(x->repo, s->provides, pool_rel2id(x->pool, id, s->evr, REL_EQ, 1), 0);
	}
	if (span_is(x->value[ESSENTIAL], "yes"))
		s->provides = repo_addid_dep(x->repo, s->provides, x->essential, 0);
	if (span_is(x->value[PRIORITY], "required"))
		s->provides = repo_addid_dep(x->repo, s->provides, x->required, 0);
}

static unsigned priority(struct span s)
{
	for (unsigned i = 0; i < sizeof priorities / sizeof *priorities; i++)
		if (span_is(s, priorities[i]))
			return i + 1;
	return sizeof priorities / sizeof *priorities;
}

/* What downloading needs: the path, how long, and which digest. */
static bool add_file(struct vz_index_deb *x, Id p)
{
	struct span path = x->value[FILENAME], size = x->value[SIZE], digest = x->value[SHA256];
	unsigned long long bytes = 0;
	char hex[65];

	if (!span_len(path) || span_len(path) >= sizeof x->location || !span_len(size) || span_len(size) > 15 ||
	    span_len(digest) != 64)
		return false;
	if (span_len(path) > 2 && memcmp(path.p, "./", 2) == 0)
		path.p += 2;
	memcpy(x->location, path.p, span_len(path));
	x->location[span_len(path)] = 0;
	memcpy(hex, digest.p, 64);
	hex[64] = 0;
	for (const char *c = size.p; c < size.end; c++) {
		if (*c < '0' || *c > '9')
			return false;
		bytes = bytes * 10 + (unsigned)(*c - '0');
	}
	if (strspn(hex, "0123456789abcdef") != 64 || !vz_plan_location_is_sane(x->location))
		return false;
	repodata_set_str(x->data, p, SOLVABLE_MEDIAFILE, x->location);
	repodata_set_num(x->data, p, SOLVABLE_DOWNLOADSIZE, bytes);
	repodata_set_checksum(x->data, p, SOLVABLE_CHECKSUM, REPOKEY_TYPE_SHA256, hex);
	repodata_set_num(x->data, p, x->key_priority, priority(x->value[PRIORITY]));
	repodata_set_num(x->data, p, x->key_mention, (unsigned)x->pool->solvables[p].name);
	return true;
}

static bool add_solvable(struct vz_index_deb *x, Id p)
{
	Solvable *s = pool_id2solvable(x->pool, p);
	int needs;

	s->name = span_id(x, x->value[PACKAGE]);
	s->evr = span_id(x, x->value[VERSION]);
	s->arch = span_id(x, x->value[ARCHITECTURE]);
	/* in the order in which apt reads the fields, for "vzpkg:mention" */
	queue_empty(&x->needs);
	if (!add_deps(x, PRE_DEPENDS, &s->requires, SOLVABLE_PREREQMARKER) ||
	    !add_deps(x, DEPENDS, &s->requires, -SOLVABLE_PREREQMARKER))
		return false;
	needs = x->needs.count;
	if (!add_deps(x, CONFLICTS, &s->conflicts, 0) || !add_deps(x, BREAKS, &s->conflicts, 0))
		return false;
	queue_truncate(&x->needs, needs);
	if (!add_deps(x, RECOMMENDS, &s->recommends, 0))
		return false;
	repodata_set_idarray(x->data, p, x->key_needs, &x->needs);
	for (enum field f = SUGGESTS; f <= ENHANCES; f++)
		mention(x, f);
	add_provides(x, s);
	return add_deps(x, PROVIDES, &s->provides, 0) && add_file(x, p);
}

static void add_stanza(struct vz_index_deb *x)
{
	struct span arch = x->value[ARCHITECTURE];
	Id p;

	if (!is_word(x->value[PACKAGE], NAME_SET) || !is_word(x->value[VERSION], VERSION_SET) || !span_len(arch)) {
		x->bad++;
		return;
	}
	if (!span_is(arch, x->arch) && !span_is(arch, "all"))
		return;
	p = repo_add_solvable(x->repo);
	if (!add_solvable(x, p)) {
		repo_free_solvable(x->repo, p, 1);
		x->bad++;
	}
}

static void take_field(struct vz_index_deb *x, const char *name, size_t len, struct span value)
{
	for (size_t i = 0; i < N_FIELDS; i++)
		if (fields[i].len == len && strncasecmp(fields[i].name, name, len) == 0) {
			x->value[i] = value;
			return;
		}
}

/* One stanza: whole lines, no empty one among them. */
static int read_stanza(struct vz_index_deb *x, const char *p, const char *end, struct vz_err *err)
{
	memset(x->value, 0, sizeof x->value);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *colon;

		x->line++;
		while (nl + 1 < end && (nl[1] == ' ' || nl[1] == '\t')) {
			nl = memchr(nl + 1, '\n', (size_t)(end - nl - 1));
			x->line++;
		}
		colon = memchr(p, ':', (size_t)(nl - p));
		if (!colon || colon == p || is_space(*p) || memchr(p, '\n', (size_t)(colon - p)))
			return vz_err_set(err, VZ_UNTRUSTED, "line %zu of the index is not a field", x->line);
		take_field(x, p, (size_t)(colon - p), trim(colon + 1, nl));
		p = nl + 1;
	}
	add_stanza(x);
	return 0;
}

/* Reads all whole stanzas of [p, end); returns where the first that is not whole starts. */
static const char *read_stanzas(struct vz_index_deb *x, const char *p, const char *end, struct vz_err *err)
{
	for (;;) {
		const char *gap;

		while (p < end && *p == '\n') {
			p++;
			x->line++;
		}
		gap = memmem(p, (size_t)(end - p), "\n\n", 2);
		if (!gap)
			break;
		if (read_stanza(x, p, gap + 1, err) < 0)
			return NULL;
		p = gap + 1;
	}
	if (end - p > STANZA_LIMIT) {
		vz_err_set(err, VZ_UNTRUSTED, "a stanza of the index is larger than %d bytes", STANZA_LIMIT);
		return NULL;
	}
	return p;
}

int vz_index_deb_add(struct vz_index_deb *x, const char *text, size_t len, struct vz_err *err)
{
	const char *rest;
	size_t left;

	vz_buf_add(&x->rest, text, len);
	rest = read_stanzas(x, x->rest.data, x->rest.data + x->rest.len, err);
	if (!rest)
		return -1;
	left = (size_t)(x->rest.data + x->rest.len - rest);
	memmove(x->rest.data, rest, left);
	x->rest.len = left;
	return 0;
}

/* Nothing is worth the paging that libsolv gives to rarely read keys. */
static int keep_in_core(Repo *repo, Repokey *key, void *ctx)
{
	(void)repo;
	(void)key;
	(void)ctx;
	return KEY_STORAGE_INCORE;
}

int vz_index_deb_end(struct vz_index_deb *x, int fd, size_t *ret_bad, struct vz_err *err)
{
	Repowriter *writer;
	FILE *f;
	int failed;

	if (vz_index_deb_add(x, "\n\n", 2, err) < 0)
		return -1;
	repo_internalize(x->repo);
	f = fdopen(dup(fd), "w");
	if (!f)
		return vz_err_sys(err, "write index");
	writer = repowriter_create(x->repo);
	repowriter_set_keyfilter(writer, keep_in_core, NULL);
	/* a write that failed on the way is not told of at the end */
	failed = repowriter_write(writer, f) != 0 || ferror(f);
	repowriter_free(writer);
	if (fclose(f) != 0 || failed)
		return vz_err_sys(err, "write index");
	*ret_bad = x->bad;
	return 0;
}
