/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/json_auto.h"

#include "vzpkg/json_value.h"

static json_t *event(const struct vz_auto_event *e)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", text(e->template ? "template" : "env"));
	json_object_set_new(j, "name", text(e->name));
	json_object_set_new(j, "state", text(vz_auto_state_name(e->state)));
	json_object_set_new(j, "from", number(e->from));
	json_object_set_new(j, "to", number(e->to));
	json_object_set_new(j, "words", text(e->words));
	return j;
}

static json_t *run(const struct vz_auto_log *l)
{
	json_t *j = json_object(), *events = json_array();

	for (size_t i = 0; i < l->events.n; i++) {
		struct vz_auto_event e;

		if (!vz_auto_event_read(l->events.v[i], &e))
			continue;
		json_array_append_new(events, event(&e));
		vz_auto_event_release(&e);
	}
	json_object_set_new(j, "started", rfc3339(l->started));
	json_object_set_new(j, "ended", l->ended ? rfc3339(l->ended) : json_null());
	json_object_set_new(j, "code", l->ended ? number(l->code) : json_null());
	json_object_set_new(j, "same", number(l->same));
	json_object_set_new(j, "events", events);
	return j;
}

void vz_json_auto_run(const struct vz_auto_log *l)
{
	print(run(l));
}

void vz_json_auto_runs(const struct vz_auto_log *l, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, run(&l[i]));
	print(list);
}

void vz_json_fetched(const struct vz_json_fetched *f, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "name", text(f[i].name));
		json_object_set_new(j, "packages", number(f[i].packages));
		json_object_set_new(j, "bytes", number(f[i].bytes));
		json_object_set_new(j, "changed", json_boolean(f[i].changed));
		json_array_append_new(list, j);
	}
	print(list);
}
