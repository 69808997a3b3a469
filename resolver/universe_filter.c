/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packages that cannot be chosen though they are there: excluded ones, and streams of modules that are not enabled. */
#include <fnmatch.h>
#include <solv/repo.h>
#include <string.h>

#include "resolver/universe_pool.h"

void vz_universe_exclude(struct vz_universe *u, const char *pattern)
{
	u->excluded = vz_realloc(u->excluded, u->n_excluded + 1, sizeof *u->excluded);
	u->excluded[u->n_excluded++] = vz_strdup(pattern);
}

void vz_universe_enable(struct vz_universe *u, int repo, const char *stream)
{
	u->enabled = vz_realloc(u->enabled, u->n_enabled + 1, sizeof *u->enabled);
	u->enabled[u->n_enabled++] = (struct vz_universe_stream){ repo, vz_strdup(stream) };
}

void vz_universe_filter_release(struct vz_universe *u)
{
	for (size_t i = 0; i < u->n_excluded; i++)
		free(u->excluded[i]);
	for (size_t i = 0; i < u->n_enabled; i++)
		free(u->enabled[i].stream);
	free(u->excluded);
	free(u->enabled);
	map_free(&u->considered);
}

static bool is_excluded(const struct vz_universe *u, Id name)
{
	for (size_t i = 0; i < u->n_excluded; i++)
		if (fnmatch(u->excluded[i], pool_id2str(u->pool, name), 0) == 0)
			return true;
	return false;
}

static void exclude(struct vz_universe *u)
{
	Pool *pool = u->pool;
	bool excluded = false;
	Id p, last = 0;

	FOR_POOL_SOLVABLES(p) {
		if (pool->solvables[p].name != last)
			excluded = is_excluded(u, pool->solvables[p].name);
		last = pool->solvables[p].name;
		if (excluded)
			MAPCLR(&u->considered, p);
	}
}

/* Is a stream "NAME:STREAM" enabled: itself, or as NAME's default where no other of NAME is. */
static bool is_enabled(const struct vz_universe *u, int repo, const char *stream, bool is_default)
{
	size_t name = strcspn(stream, ":") + 1;
	bool other = false, defaults = false;

	for (size_t i = 0; i < u->n_enabled; i++) {
		const char *enabled = u->enabled[i].stream;

		if (u->enabled[i].repo != repo)
			continue;
		if (strcmp(enabled, stream) == 0)
			return true;
		other = other || strncmp(enabled, stream, name) == 0;
		defaults = defaults || strcmp(enabled, "default") == 0;
	}
	return is_default && defaults && !other;
}

enum membership { NO_MODULE, OFF, ON };

/* Adds the streams to `ret`, as ids, if it is not NULL. */
static enum membership membership(struct vz_universe *u, Id package, Id key, Queue *ret)
{
	Solvable *s = u->pool->solvables + package;
	bool is_default, on = false;
	Queue streams;
	int n;

	queue_init(&streams);
	solvable_lookup_idarray(s, key, &streams);
	n = streams.count;
	is_default = n && solvable_lookup_void(s, pool_str2id(u->pool, "vzpkg:module-default", 1));
	for (int i = 0; i < n; i++) {
		on = on || is_enabled(u, vz_universe_repo_number(s), pool_id2str(u->pool, streams.elements[i]), is_default);
		if (ret)
			queue_pushunique(ret, streams.elements[i]);
	}
	queue_free(&streams);
	return !n ? NO_MODULE : on ? ON : OFF;
}

/* A package of a stream that is not enabled cannot be chosen. Nor can any other of the same name as one of an enabled
 * stream: the stream was asked for, whatever versions there are elsewhere. */
static void filter_modules(struct vz_universe *u, Id key)
{
	Pool *pool = u->pool;
	Map modular, names;
	Id p;

	map_init(&modular, pool->nsolvables);
	map_init(&names, pool->ss.nstrings);
	FOR_POOL_SOLVABLES(p) {
		enum membership m = membership(u, p, key, NULL);

		if (m == OFF)
			MAPCLR(&u->considered, p);
		if (m != NO_MODULE)
			MAPSET(&modular, p);
		if (m == ON)
			MAPSET(&names, pool->solvables[p].name);
	}
	FOR_POOL_SOLVABLES(p)
		if (!MAPTST(&modular, p) && MAPTST(&names, pool->solvables[p].name))
			MAPCLR(&u->considered, p);
	map_free(&modular);
	map_free(&names);
}

void vz_universe_filter(struct vz_universe *u)
{
	Id modules = pool_str2id(u->pool, "vzpkg:module", 0);

	if (!u->n_excluded && !modules)
		return;
	map_init(&u->considered, u->pool->nsolvables);
	map_setall(&u->considered);
	exclude(u);
	if (modules)
		filter_modules(u, modules);
	u->pool->considered = &u->considered;
}

char *vz_universe_streams_of(struct vz_universe *u, const char *name)
{
	Id key = pool_str2id(u->pool, "vzpkg:module", 0), id = pool_str2id(u->pool, name, 0), p;
	Pool *pool = u->pool;
	struct vz_buf b = {0};
	Queue streams;

	queue_init(&streams);
	FOR_POOL_SOLVABLES(p)
		if (key && id && pool->solvables[p].name == id)
			membership(u, p, key, &streams);
	for (int i = 0; i < streams.count; i++)
		vz_buf_printf(&b, "%s%s", i ? ", " : "", pool_id2str(pool, streams.elements[i]));
	queue_free(&streams);
	return b.data;
}
