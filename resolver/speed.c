/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/speed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define MAGIC "vzpkg-mirrors 1\n"
#define WEEK (7 * 24 * 3600)
#define ENOUGH (64 << 10)                /* bytes that tell something about a rate */
#define USUAL (1 << 20)                  /* bytes by which mirrors are compared */
#define MAX_FAILURES 16
#define MAX_MIRRORS 2000

struct seen {
	unsigned first_ms, failures;
	uint64_t rate;                   /* bytes a second; 0: unknown */
	int64_t when;
};

void vz_speeds_release(struct vz_speeds *s)
{
	for (size_t i = 0; i < s->mirrors.n; i++)
		free(s->mirrors.items[i].value);
	vz_table_release(&s->mirrors);
	*s = (struct vz_speeds){0};
}

static struct seen *seen_of(struct vz_speeds *s, const char *url)
{
	struct seen *k = vz_table_get(&s->mirrors, url);

	if (!k) {
		k = vz_new(struct seen);
		vz_table_put(&s->mirrors, url, k);
	}
	return k;
}

void vz_speeds_read(struct vz_speeds *s, const char *text, size_t len)
{
	auto_free char *copy = vz_strndup(text, len);
	char *line, *save;

	if (strncmp(copy, MAGIC, strlen(MAGIC)) != 0)
		return;
	strtok_r(copy, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save)) && s->mirrors.n < MAX_MIRRORS) {
		struct seen k;
		int at = 0;

		if (sscanf(line, "%9u %18" SCNu64 " %9u %18" SCNd64 " %n", &k.first_ms, &k.rate, &k.failures, &k.when, &at) == 4 &&
		    at && line[at])
			*seen_of(s, line + at) = k;
	}
	s->changed = false;
}

void vz_speeds_write(const struct vz_speeds *s, struct vz_buf *ret)
{
	vz_buf_puts(ret, MAGIC);
	for (size_t i = 0; i < s->mirrors.n; i++) {
		const struct seen *k = s->mirrors.items[i].value;

		vz_buf_printf(ret, "%u %" PRIu64 " %u %" PRId64 " %s\n", k->first_ms, k->rate, k->failures, k->when,
			      s->mirrors.items[i].key);
	}
}

/* One measurement does not undo what many have shown. */
static uint64_t mean(uint64_t old, uint64_t new)
{
	return old ? (3 * old + new) / 4 : new;
}

void vz_speeds_answered(struct vz_speeds *s, const char *url, unsigned first_ms, uint64_t bytes, unsigned total_ms, int64_t now)
{
	struct seen *k = seen_of(s, url);

	k->first_ms = (unsigned)mean(k->first_ms, first_ms ? first_ms : 1);
	if (bytes >= ENOUGH)
		k->rate = mean(k->rate, bytes * 1000 / (total_ms ? total_ms : 1));
	k->failures = 0;
	k->when = now;
	s->changed = true;
}

void vz_speeds_failed(struct vz_speeds *s, const char *url, int64_t now)
{
	struct seen *k = seen_of(s, url);

	k->failures += k->failures < MAX_FAILURES;
	k->when = now;
	s->changed = true;
}

bool vz_speeds_knows(const struct vz_speeds *s, const struct vz_mirrors *m, int64_t now)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct seen *k = vz_table_get(&s->mirrors, m->urls[i]);

		if (k && !k->failures && k->when > now - WEEK && k->when <= now)
			return true;
	}
	return false;
}

struct rank {
	char *url;
	int group;                       /* 0 answers, 1 never asked, 2 failed */
	double cost;                     /* within the group */
	size_t place;
};

static int by_rank(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->group != y->group)
		return x->group - y->group;
	if (x->cost < y->cost || x->cost > y->cost)
		return x->cost < y->cost ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static struct rank rank_of(const struct vz_speeds *s, char *url, size_t place)
{
	const struct seen *k = vz_table_get(&s->mirrors, url);

	if (!k)
		return (struct rank){ url, 1, 0, place };
	if (k->failures)
		return (struct rank){ url, 2, (double)k->when, place };
	return (struct rank){ url, 0, k->first_ms + (k->rate ? USUAL * 1000.0 / (double)k->rate : 0), place };
}

void vz_speeds_order(const struct vz_speeds *s, struct vz_mirrors *m)
{
	auto_free struct rank *ranks = vz_alloc((m->n + 1) * sizeof *ranks);

	for (size_t i = 0; i < m->n; i++)
		ranks[i] = rank_of(s, m->urls[i], i);
	qsort(ranks, m->n, sizeof *ranks, by_rank);
	for (size_t i = 0; i < m->n; i++)
		m->urls[i] = ranks[i].url;
}
