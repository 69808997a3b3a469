/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/json.h"

#include "vzpkg/json_value.h"

static json_t *package(const struct vz_plan *plan, const struct vz_plan_package *p)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", text(p->name));
	json_object_set_new(j, "version", text(p->version));
	json_object_set_new(j, "arch", text(p->arch));
	json_object_set_new(j, "family", text(plan->family));
	json_object_set_new(j, "repository", text(p->repo));
	json_object_set_new(j, "digest", text(p->digest));
	json_object_set_new(j, "size", number(p->size));
	return j;
}

static json_t *template(const struct vz_manifest *m)
{
	json_t *j = json_object(), *image = json_object();

	json_object_set_new(image, "digest", m->version ? digest(&m->image) : json_null());
	json_object_set_new(image, "size", number(m->image_size));
	json_object_set_new(j, "name", text(m->name));
	json_object_set_new(j, "version", number(m->version));
	json_object_set_new(j, "kind", text(m->kind));
	json_object_set_new(j, "parent", text(m->parent));
	json_object_set_new(j, "image", image);
	json_object_set_new(j, "files", number(m->files));
	json_object_set_new(j, "bytes", number(m->bytes));
	json_object_set_new(j, "new_bytes", number(m->new_bytes));
	json_object_set_new(j, "seconds", json_real(m->seconds));
	json_object_set_new(j, "created", rfc3339(m->created));
	return j;
}

void vz_json_template(const struct vz_manifest *m, const struct vz_plan *plan)
{
	json_t *j = template(m), *packages = json_array();

	for (size_t i = 0; plan && i < plan->n_packages; i++)
		json_array_append_new(packages, package(plan, &plan->packages[i]));
	json_object_set_new(j, "packages", packages);
	print(j);
}

void vz_json_updates(const struct vz_json_update *u, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "name", text(u[i].name));
		json_object_set_new(j, "old", number(u[i].old));
		json_object_set_new(j, "new", number(u[i].now));
		json_object_set_new(j, "changed", json_boolean(u[i].changed));
		json_object_set_new(j, "held", json_boolean(u[i].held));
		json_array_append_new(list, j);
	}
	print(list);
}

void vz_json_templates(const struct vz_json_listed *t, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = template(&t[i].m);

		json_object_set_new(j, "current", json_boolean(t[i].current));
		json_object_set_new(j, "packages", number(t[i].m.packages));
		json_array_append_new(list, j);
	}
	print(list);
}

void vz_json_names(char *const *names, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, text(names[i]));
	print(list);
}

static json_t *env(const struct vz_env *e)
{
	char *ref = vz_printf("%s@%u", e->shows.template_name, e->shows.template_version);
	json_t *j = json_object();

	json_object_set_new(j, "env", text(e->name));
	json_object_set_new(j, "generation", number(e->generation));
	json_object_set_new(j, "template", text(ref));
	json_object_set_new(j, "apps", texts(&e->shows.apps));
	json_object_set_new(j, "packages", texts(&e->shows.packages));
	json_object_set_new(j, "image", digest(&e->shows.image));
	json_object_set_new(j, "created", rfc3339(e->created));
	free(ref);
	return j;
}

void vz_json_env(const struct vz_env *e, double seconds)
{
	json_t *j = env(e);

	json_object_set_new(j, "seconds", json_real(seconds));
	json_object_set_new(j, "merged", json_array());
	json_object_set_new(j, "conflicts", json_array());
	json_object_set_new(j, "restarted", json_false());
	print(j);
}

/* What is 0 is not limited. */
static json_t *limit(uint64_t n)
{
	return n ? number(n) : json_null();
}

static json_t *limits(const struct vz_settings *s)
{
	json_t *j = json_object();

	json_object_set_new(j, "cpus", s->cpus > 0 ? json_real(s->cpus) : json_null());
	json_object_set_new(j, "memory", limit(s->memory));
	json_object_set_new(j, "pids", limit(s->pids));
	json_object_set_new(j, "io_weight", limit(s->io_weight));
	return j;
}

static void add_state(json_t *j, const struct vz_state *s)
{
	json_object_set_new(j, "running", json_boolean(s->running));
	json_object_set_new(j, "state", text(vz_state_word(s)));
	json_object_set_new(j, "pid", s->started ? number(s->what.pid) : json_null());
	json_object_set_new(j, "started", s->started ? rfc3339(s->what.since) : json_null());
	json_object_set_new(j, "limits", limits(&s->settings));
}

void vz_json_env_info(const struct vz_json_env_info *i)
{
	json_t *j = env(i->env);

	json_object_set_new(j, "private_bytes", number(i->private_bytes));
	json_object_set_new(j, "shared_bytes", number(i->shared_bytes));
	add_state(j, i->state);
	json_object_set_new(j, "runtime", text(i->runtime));
	print(j);
}

void vz_json_envs(const struct vz_json_env *e, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = env(&e[i].env);

		json_object_set_new(j, "mounted", json_boolean(e[i].state.mounted));
		add_state(j, &e[i].state);
		json_array_append_new(list, j);
	}
	print(list);
}

static json_t *left(const struct vz_remap *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_left; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "pid", json_integer(r->left[i].pid));
		json_object_set_new(j, "command", text(r->left[i].command));
		json_object_set_new(j, "why", text(r->left[i].why));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *merged(const struct vz_upper_plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n; i++) {
		json_t *j;

		if (!vz_upper_is_told(&p->changes[i]))
			continue;
		j = json_object();
		json_object_set_new(j, "path", text(p->changes[i].path));
		json_object_set_new(j, "how", text(vz_upper_why_name(p->changes[i].why)));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *conflicts(const struct vz_upper_plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_conflicts; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "path", text(p->conflicts[i].path));
		json_object_set_new(j, "what", text(p->conflicts[i].what));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *moved(const struct vz_json_moved *m)
{
	json_t *j = env(&m->moved.after);

	json_object_set_new(j, "changed", json_boolean(m->moved.before.generation != m->moved.after.generation));
	json_object_set_new(j, "seconds", json_real(m->seconds));
	json_object_set_new(j, "merged", merged(&m->moved.changes));
	json_object_set_new(j, "conflicts", conflicts(&m->moved.changes));
	json_object_set_new(j, "restarted", json_false());
	json_object_set_new(j, "processes", number(m->moved.remap.processes));
	json_object_set_new(j, "paused", json_real((double)m->moved.remap.paused_us / 1e6));
	json_object_set_new(j, "left_behind", left(&m->moved.remap));
	return j;
}

void vz_json_moved_one(const struct vz_json_moved *m)
{
	print(moved(m));
}

void vz_json_moved(const struct vz_json_moved *m, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, moved(&m[i]));
	print(list);
}

void vz_json_history(const struct vz_env *generations, size_t n, unsigned current)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = env(&generations[i]);

		json_object_set_new(j, "since", rfc3339(generations[i].since));
		json_object_set_new(j, "reason", text(generations[i].reason));
		json_object_set_new(j, "current", json_boolean(generations[i].generation == current));
		json_array_append_new(list, j);
	}
	print(list);
}

static json_t *drift(const struct vz_drift *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "path", text(d->files[i].path));
		json_object_set_new(j, "kind", text(vz_drift_name(d->files[i].kind)));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *stale(const struct vz_stale_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "pid", json_integer(l->v[i].pid));
		json_object_set_new(j, "command", text(l->v[i].command));
		json_object_set_new(j, "files", texts(&l->v[i].files));
		json_array_append_new(list, j);
	}
	return list;
}

void vz_json_status(const struct vz_json_status *s, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "env", text(s[i].env.name));
		json_object_set_new(j, "template", text(s[i].env.shows.template_name));
		json_object_set_new(j, "version", number(s[i].env.shows.template_version));
		json_object_set_new(j, "latest", number(s[i].latest));
		json_object_set_new(j, "apps", texts(&s[i].env.shows.apps));
		json_object_set_new(j, "generation", number(s[i].env.generation));
		add_state(j, &s[i].state);
		json_object_set_new(j, "outdated", json_boolean(s[i].outdated));
		json_object_set_new(j, "drift", drift(&s[i].drift));
		json_object_set_new(j, "private_bytes", number(s[i].private_bytes));
		json_object_set_new(j, "stale", stale(&s[i].stale));
		json_array_append_new(list, j);
	}
	print(list);
}

void vz_json_settings(const char *env, const struct vz_settings *s)
{
	json_t *j = limits(s);

	json_object_set_new(j, "env", text(env));
	json_object_set_new(j, "follow", json_boolean(!s->stay));
	json_object_set_new(j, "hostname", text(s->hostname ? s->hostname : env));
	json_object_set_new(j, "started", json_boolean(s->started));
	json_object_set_new(j, "command", texts(&s->command));
	print(j);
}

static json_t *started(const struct vz_json_started *s)
{
	const struct vz_running *r = &s->started.running;
	json_t *j = json_object();

	json_object_set_new(j, "env", text(s->env));
	json_object_set_new(j, "already", json_boolean(s->started.already));
	json_object_set_new(j, "pid", r->pid ? number(r->pid) : json_null());
	json_object_set_new(j, "started", r->pid ? rfc3339(r->since) : json_null());
	json_object_set_new(j, "runtime", text(r->runtime));
	return j;
}

void vz_json_started(const struct vz_json_started *s)
{
	print(started(s));
}

void vz_json_started_all(const struct vz_json_started *s, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, started(&s[i]));
	print(list);
}

static json_t *stopped(const struct vz_json_stopped *s)
{
	json_t *j = json_object();

	json_object_set_new(j, "env", text(s->env));
	json_object_set_new(j, "ran", json_boolean(s->ran));
	return j;
}

void vz_json_stopped(const struct vz_json_stopped *s)
{
	print(stopped(s));
}

void vz_json_stopped_all(const struct vz_json_stopped *s, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, stopped(&s[i]));
	print(list);
}

void vz_json_pairs(const char *const *pairs)
{
	json_t *j = json_object();

	for (; *pairs; pairs += 2)
		json_object_set_new(j, pairs[0], text(pairs[1]));
	print(j);
}

void vz_json_error(const struct vz_err *err)
{
	json_t *j = json_object(), *inner = json_object();

	json_object_set_new(inner, "code", json_integer(err->code));
	json_object_set_new(inner, "message", text(err->msg));
	json_object_set_new(inner, "hint", err->hint[0] ? text(err->hint) : json_null());
	json_object_set_new(j, "error", inner);
	print(j);
}
