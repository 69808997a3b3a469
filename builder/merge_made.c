/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fnmatch.h>
#include <string.h>

#include "builder/merging.h"

/* What programs generate from what is installed. */
struct made {
	const char *glob;                /* of paths; "*" stands for slashes, too */
	const char *const *argv;         /* what makes it of all there is; NULL: nobody has to, it is made when it is missing */
};

static const char *const ldconfig[] = { "ldconfig", NULL };
static const char *const certificates_deb[] = { "update-ca-certificates", "--fresh", NULL };
static const char *const certificates_rpm[] = { "update-ca-trust", "extract", NULL };
static const char *const mime[] = { "update-mime-database", "/usr/share/mime", NULL };
static const char *const desktop[] = { "update-desktop-database", "-q", NULL };
static const char *const schemas[] = { "glib-compile-schemas", "/usr/share/glib-2.0/schemas", NULL };
static const char *const icons[] = { "gtk-update-icon-cache", "-q", "-f", "/usr/share/icons/hicolor", NULL };
static const char *const hwdb[] = { "systemd-hwdb", "update", NULL };
static const char *const locales[] = { "locale-gen", NULL };

/* In the order in which they are made again. */
static const struct made table[] = {
	{ "/etc/ld.so.cache", ldconfig },
	{ "/etc/ssl/certs/ca-certificates.crt", certificates_deb },
	{ "/etc/ssl/certs/java/cacerts", certificates_deb },
	{ "/etc/pki/ca-trust/extracted/*", certificates_rpm },
	{ "/usr/lib/locale/locale-archive", locales },
	{ "/usr/share/mime/[!p]*", mime },
	{ "/usr/share/applications/mimeinfo.cache", desktop },
	{ "/usr/share/glib-2.0/schemas/gschemas.compiled", schemas },
	{ "/usr/share/icons/hicolor/icon-theme.cache", icons },
	{ "/etc/udev/hwdb.bin", hwdb },
	{ "/usr/lib/udev/hwdb.bin", hwdb },
	{ "*/__pycache__/*.pyc", NULL },
	{ "/var/cache/fontconfig/*", NULL },
	{ "/var/cache/ldconfig/aux-cache", NULL },
	{ "/var/cache/man/*", NULL },
	{ "/var/lib/dpkg/*-old", NULL },
	{ "/var/cache/debconf/*-old", NULL },
};

#define N_TABLE (sizeof table / sizeof *table)

struct walk {
	struct vz_merging *g;
	bool again[N_TABLE];
	struct vz_err *err;
};

/* The composition's shows. If the tenant's was its own, something private had a part in it. */
static int make_room(struct walk *w, const struct vz_survey_entry *e, const char *path, bool *ret_own)
{
	struct vz_merging *g = w->g;
	bool is_base = false, is_new = false;

	*ret_own = false;
	if (e->whiteout || vz_node_is_dir(e->node) || !e->to || (e->from && vz_node_same_content(e->from, e->to)))
		return 0;
	if ((e->from && vz_survey_same(&g->survey, e, e->from, &is_base, w->err) < 0) ||
	    vz_survey_same(&g->survey, e, e->to, &is_new, w->err) < 0)
		return -1;
	*ret_own = !is_base && !is_new;
	vz_merging_follow(g, *ret_own ? VZ_UPPER_MADE_ANEW : VZ_UPPER_TAKEN, path);
	return 0;
}

static int visit(struct vz_node *n, void *ctx)
{
	struct walk *w = ctx;
	auto_free char *path = vz_node_path(n);
	bool own;

	for (size_t i = 0; i < N_TABLE; i++) {
		if (fnmatch(table[i].glob, path, 0) != 0 || vz_merging_is_settled(w->g, path))
			continue;
		if (make_room(w, vz_survey_entry(&w->g->survey, n), path, &own) < 0)
			return -1;
		w->again[i] |= own;
	}
	return 0;
}

static void add_again(struct vz_merge_again *again, const char *const *argv)
{
	for (size_t i = 0; i < again->n; i++)
		if (again->argv[i] == argv)
			return;
	again->argv[again->n++] = argv;
}

int vz_merge_made(struct vz_merging *g, struct vz_err *err)
{
	struct walk w = { .g = g, .err = err };

	_Static_assert(N_TABLE <= VZ_MERGE_AGAIN_MAX, "each may be asked for");
	if (vz_node_walk(g->survey.tree->root, visit, &w) < 0)
		return -1;
	for (size_t i = 0; i < N_TABLE; i++)
		if (w.again[i] && table[i].argv)
			add_again(g->again, table[i].argv);
	return 0;
}
