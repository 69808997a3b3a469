/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/rpm_steps.h"

#include <string.h>

#include "base/alloc.h"

#define HIGH_PRIORITY 10000

enum class { ANY, HIGH, LOW };           /* of a file trigger's priority */

struct planning {
	const struct vz_rpm_transaction *t;
	struct vz_rpm_steps *to;
};

void vz_rpm_steps_release(struct vz_rpm_steps *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i].input);
	free(s->items);
	*s = (struct vz_rpm_steps){0};
}

static void add(struct planning *p, const struct vz_rpm_step *step)
{
	vz_grow(p->to->items, p->to->n, p->to->cap);
	p->to->items[p->to->n++] = *step;
}

/* Instances of `name` among the first `upto` packages. */
static int count(const struct planning *p, const char *name, size_t upto)
{
	int n = 0;

	for (size_t i = 0; i < upto; i++)
		n += strcmp(p->t->packages[i]->name, name) == 0;
	return n;
}

static void add_script(struct planning *p, size_t package, enum vz_rpm_moment moment, int arg1)
{
	static const char *const names[] = { "%pretrans", "%pre", "%post", "%posttrans" };
	const struct vz_rpm_script *s = &p->t->packages[package]->scripts[moment];

	if (s->program)
		add(p, &(struct vz_rpm_step){ VZ_RPM_STEP_SCRIPT, package, names[moment], s, arg1, -1, NULL });
}

/* ---- triggers on packages ---- */

/* Which package's triggers, fired by which; the first `upto` packages are installed. */
struct firing {
	size_t owner, source, upto;
	enum vz_rpm_sense sense;
	int arg2;
	bool *done;                      /* by script; NULL: they may run again */
};

/* The first condition that holds is the only one that counts. */
static void fire(struct planning *p, const struct firing *f)
{
	const struct vz_rpm_package *owner = p->t->packages[f->owner], *source = p->t->packages[f->source];
	const struct vz_rpm_triggers *t = &owner->triggers[VZ_RPM_TRIGGER];

	for (size_t i = 0; i < t->n_conditions; i++) {
		const struct vz_rpm_condition *c = &t->conditions[i];

		if (!(c->flags & f->sense) || !vz_rpm_condition_holds(c, source->name, source->evr))
			continue;
		if (f->done && f->done[c->script])
			return;
		if (f->done)
			f->done[c->script] = true;
		add(p, &(struct vz_rpm_step){
			VZ_RPM_STEP_SCRIPT, f->owner, f->sense == VZ_RPM_TRIGGERIN ? "%triggerin" : "%triggerprein",
			&t->scripts[c->script], count(p, owner->name, f->upto), f->arg2, NULL });
		return;
	}
}

/* Triggers of what is installed, fired by `package`. */
static void fire_others(struct planning *p, size_t package, size_t upto, enum vz_rpm_sense sense)
{
	int instances = count(p, p->t->packages[package]->name, upto);

	for (size_t i = 0; i < upto; i++)
		if (p->t->packages[i]->triggers[VZ_RPM_TRIGGER].n_conditions)
			fire(p, &(struct firing){ i, package, upto, sense, instances, NULL });
}

/* Triggers of `package`, fired by what is installed; each script once. */
static void fire_own(struct planning *p, size_t package, size_t upto, enum vz_rpm_sense sense)
{
	const struct vz_rpm_triggers *t = &p->t->packages[package]->triggers[VZ_RPM_TRIGGER];
	auto_free bool *done = vz_alloc(t->n_scripts + 1);

	for (size_t i = 0; i < t->n_conditions; i++) {
		const struct vz_rpm_condition *c = &t->conditions[i];
		int instances = count(p, c->name, upto);

		for (size_t k = 0; instances && !done[c->script] && k < upto; k++)
			if (strcmp(p->t->packages[k]->name, c->name) == 0)
				fire(p, &(struct firing){ package, k, upto, sense, instances, done });
	}
}

/* ---- triggers on files ---- */

/* Where files are looked for: the packages from `first` up to `end`. */
struct range {
	size_t first, end;
	bool by_directory;               /* as rpm does in its database: a directory's path begins with the prefix */
};

static size_t first_at(const struct vz_rpm_package *p, const char *prefix)
{
	size_t low = 0, high = p->n_files;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(p->files[mid], prefix) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Appends the files of `p` below the prefix, if there is a buffer. */
static bool list_files(const struct vz_rpm_package *p, const char *prefix, bool by_directory, struct vz_buf *to)
{
	size_t len = strlen(prefix), first = first_at(p, prefix), end = first;
	bool found = !by_directory;

	for (; end < p->n_files && strncmp(p->files[end], prefix, len) == 0; end++)
		found = found || (size_t)(strrchr(p->files[end], '/') + 1 - p->files[end]) >= len;
	if (!found || first == end)
		return false;
	for (size_t i = first; to && i < end; i++) {
		vz_buf_puts(to, p->files[i]);
		vz_buf_putc(to, '\n');
	}
	return true;
}

static char *list_input(const struct planning *p, const struct vz_rpm_triggers *t, uint32_t script, const struct range *r)
{
	auto_buf struct vz_buf b = {0};

	for (size_t i = 0; i < t->n_conditions; i++)
		for (size_t k = r->first; t->conditions[i].script == script && k < r->end; k++)
			list_files(p->t->packages[k], t->conditions[i].name, r->by_directory, &b);
	return b.len ? vz_buf_steal(&b) : NULL;
}

struct found {
	size_t package;
	uint32_t script, priority;
};

static int by_priority(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->package != y->package)
		return x->package < y->package ? -1 : 1;
	return x->script < y->script ? -1 : x->script > y->script;
}

struct founds {
	struct found *items;
	size_t n, cap;
};

static void find(const struct planning *p, size_t package, enum vz_rpm_kind kind, const struct range *files,
		 struct founds *to)
{
	const struct vz_rpm_triggers *t = &p->t->packages[package]->triggers[kind];

	for (size_t i = 0; i < t->n_conditions; i++) {
		const struct vz_rpm_condition *c = &t->conditions[i];
		bool hit = false;

		if (!(c->flags & VZ_RPM_TRIGGERIN))
			continue;
		for (size_t k = files->first; !hit && k < files->end; k++)
			hit = list_files(p->t->packages[k], c->name, files->by_directory, NULL);
		if (!hit)
			continue;
		vz_grow(to->items, to->n, to->cap);
		to->items[to->n++] = (struct found){ package, c->script, t->priorities[c->script] };
	}
}

static bool is_of(enum class class, uint32_t priority)
{
	return class == ANY || (class == HIGH) == (priority >= HIGH_PRIORITY);
}

/* Adds the triggers that were found, each once. */
static void add_found(struct planning *p, struct founds *f, enum vz_rpm_kind kind, enum class class,
		      const struct range *files)
{
	if (f->n)
		qsort(f->items, f->n, sizeof *f->items, by_priority);
	for (size_t i = 0; i < f->n; i++) {
		const struct found *one = &f->items[i];
		const struct vz_rpm_triggers *t = &p->t->packages[one->package]->triggers[kind];
		char *input;

		if (!is_of(class, one->priority) || (i && by_priority(one - 1, one) == 0))
			continue;
		input = list_input(p, t, one->script, files);
		if (!input)
			continue;
		add(p, &(struct vz_rpm_step){
			VZ_RPM_STEP_SCRIPT, one->package,
			kind == VZ_RPM_FILE_TRIGGER ? "%filetriggerin" : "%transfiletriggerin", &t->scripts[one->script],
			0, -1, input });
	}
	free(f->items);
}

/* File triggers of what is installed, fired by the files of `package`. */
static void fire_files(struct planning *p, size_t package, enum class class)
{
	const struct range files = { package, package + 1, false };
	struct founds f = {0};

	for (size_t i = 0; i <= package; i++)
		find(p, i, VZ_RPM_FILE_TRIGGER, &files, &f);
	add_found(p, &f, VZ_RPM_FILE_TRIGGER, class, &files);
}

/* File triggers of `package`, fired by all files that are there; its own have fired those that do not wait for the end. */
static void fire_own_files(struct planning *p, size_t package, enum vz_rpm_kind kind, enum class class)
{
	const struct range files = { 0, kind == VZ_RPM_FILE_TRIGGER ? package : p->t->n, true };
	struct founds f = {0};

	find(p, package, kind, &files, &f);
	add_found(p, &f, kind, class, &files);
}

/* Transaction file triggers of what was installed before, fired by all that is new. */
static void fire_new_files(struct planning *p)
{
	const struct range files = { p->t->n_installed, p->t->n, true };
	struct founds f = {0};

	for (size_t i = 0; i < p->t->n_installed; i++)
		find(p, i, VZ_RPM_TRANS_FILE_TRIGGER, &files, &f);
	add_found(p, &f, VZ_RPM_TRANS_FILE_TRIGGER, ANY, &files);
}

static void plan_package(struct planning *p, size_t i)
{
	const struct vz_rpm_package *package = p->t->packages[i];
	int instances = count(p, package->name, i) + 1;

	if (package->sysusers)
		add(p, &(struct vz_rpm_step){ VZ_RPM_STEP_USERS, i, "users", NULL, -1, -1, vz_strdup(package->sysusers) });
	fire_others(p, i, i, VZ_RPM_TRIGGERPREIN);
	fire_own(p, i, i, VZ_RPM_TRIGGERPREIN);
	add_script(p, i, VZ_RPM_PRE, instances);
	if (p->t->owners && p->t->owners[i])
		add(p, &(struct vz_rpm_step){ VZ_RPM_STEP_OWNERS, i, "owners", NULL, -1, -1, NULL });
	fire_files(p, i, HIGH);
	fire_own_files(p, i, VZ_RPM_FILE_TRIGGER, HIGH);
	add_script(p, i, VZ_RPM_POST, instances);
	fire_others(p, i, i + 1, VZ_RPM_TRIGGERIN);
	fire_own(p, i, i + 1, VZ_RPM_TRIGGERIN);
	fire_files(p, i, LOW);
	fire_own_files(p, i, VZ_RPM_FILE_TRIGGER, LOW);
}

void vz_rpm_steps_plan(const struct vz_rpm_transaction *t, struct vz_rpm_steps *ret)
{
	struct planning p = { t, ret };

	for (size_t i = t->n_installed; i < t->n; i++)
		add_script(&p, i, VZ_RPM_PRETRANS, count(&p, t->packages[i]->name, t->n_installed) + 1);
	for (size_t i = t->n_installed; i < t->n; i++)
		plan_package(&p, i);
	for (size_t i = t->n_installed; i < t->n; i++)
		add_script(&p, i, VZ_RPM_POSTTRANS, count(&p, t->packages[i]->name, t->n));
	fire_new_files(&p);
	for (size_t i = t->n_installed; i < t->n; i++)
		fire_own_files(&p, i, VZ_RPM_TRANS_FILE_TRIGGER, ANY);
}
