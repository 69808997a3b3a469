/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/survey.h"

#include "tests/unit/private.h"

static struct vz_err err;

/* A private area in a scratch directory, and the compositions below it. */
struct area {
	char *dir;
	int fd;
	struct vz_tree *from, *to, *layer;
	struct vz_survey s;
};

static void area_init(struct area *a, const char *from, const char *to, const char *layer, const char *upper)
{
	auto_tree struct vz_tree *t = private_read(upper);

	*a = (struct area){ .dir = scratch_new(), .from = private_read(from), .to = private_read(to) };
	a->layer = layer ? private_read(layer) : NULL;
	must(a->fd = vz_open_dir(AT_FDCWD, a->dir, &err));
	private_write(a->fd, t);
	a->s = (struct vz_survey){ .upper_fd = a->fd, .from = a->from, .to = a->to, .layer = a->layer };
}

static void area_release(struct area *a)
{
	vz_survey_release(&a->s);
	vz_tree_free(a->from);
	vz_tree_free(a->to);
	vz_tree_free(a->layer);
	close(a->fd);
	scratch_free(&a->dir);
}
#define auto_area __attribute__((cleanup(area_release)))

static struct vz_survey_place place(const struct area *a, const char *path)
{
	struct vz_survey_place p;

	vz_survey_place(&a->s, path, &p);
	return p;
}

#define LOWER \
	"d /etc\nf /etc/a old a\nf /etc/b b\nd /usr\nd /usr/bin\nf /usr/bin/x old x\nd /usr/share\nf /usr/share/doc d\n" \
	"d /usr/share/in\nf /usr/share/in/y y\n"
#define HIGHER \
	"d /etc\nf /etc/a new a\nf /etc/b b\nd /usr\nd /usr/bin\nf /usr/bin/x new x\nf /usr/bin/z z\nd /usr/share\n" \
	"f /usr/share/doc d\nd /usr/share/in\nf /usr/share/in/y y\n"

/* What has a counterpart is entered, what is the tenant's alone is not. */
START_TEST(test_counterparts)
{
	auto_area struct area a;
	auto_free char *text = NULL;
	struct vz_survey_place p;

	area_init(&a, LOWER, HIGHER, NULL,
		  "d /home\nd /home/bob\nf /home/bob/file mine\nd /etc\nf0600:5:6 /etc/a mine\nf /etc/own mine\n"
		  "d /usr\nd /usr/bin\nw /usr/bin/x\nf /usr/bin/z here first\np /etc/b\nl /usr/share /home\n");
	must(vz_survey_read(&a.s, &err));
	text = private_text(a.s.tree);
	ck_assert_str_eq(text, "d /etc\nf0600:5:6 /etc/a\np /etc/b\nd /usr\nd /usr/bin\nw /usr/bin/x\nf /usr/bin/z\nl /usr/share /home\n");
	p = place(&a, "/etc/a");
	ck_assert(p.entry && p.entry->seen.there && p.entry->node->uid == 5 && p.entry->node->gid == 6 && !p.blocked && !p.cut);
	ck_assert_uint_eq(p.entry->seen.size, 4);
	ck_assert(p.from == vz_tree_find(a.from, "/etc/a") && p.to == vz_tree_find(a.to, "/etc/a"));
	ck_assert(place(&a, "/etc/b").entry && S_ISFIFO(place(&a, "/etc/b").entry->node->mode));
	p = place(&a, "/usr/bin/x");
	ck_assert(p.entry && p.entry->whiteout && p.under.from && p.under.to);
	p = place(&a, "/usr/bin/z");
	ck_assert(p.entry && !p.from && p.to && !vz_survey_before(&p.under) && vz_survey_after(&p.under) == p.to);
	/* a link where the directory was: what was in it is not seen any more */
	p = place(&a, "/usr/share/doc");
	ck_assert(!p.entry && p.blocked && p.from && p.to && !vz_survey_before(&p.under));
	p = place(&a, "/");
	ck_assert(p.entry && p.from == a.from->root);
}
END_TEST

START_TEST(test_directories)
{
	auto_area struct area a;
	struct vz_survey_place p;

	area_init(&a, LOWER, HIGHER, NULL,
		  "o /etc\nf /etc/a mine\nd /usr\nw /usr/bin\nr /usr/tools /usr/bin\nf /usr/tools/z my z\nr /usr/share in\n");
	must(vz_survey_read(&a.s, &err));
	p = place(&a, "/etc/a");
	ck_assert(p.entry && p.cut && p.from && p.to && !vz_survey_before(&p.under) && !vz_survey_after(&p.under));
	p = place(&a, "/etc/b");
	ck_assert(p.cut && !p.entry && p.to && !vz_survey_after(&p.under));
	p = place(&a, "/usr/tools");
	ck_assert(p.entry && p.entry->renamed && !p.from && p.entry->origin.from == vz_tree_find(a.from, "/usr/bin"));
	p = place(&a, "/usr/tools/x");
	ck_assert(!p.entry && p.cut && !p.from && p.under.from == vz_tree_find(a.from, "/usr/bin/x"));
	p = place(&a, "/usr/tools/z");
	ck_assert(p.entry && p.entry->under.to == vz_tree_find(a.to, "/usr/bin/z"));
	ck_assert(place(&a, "/usr/bin/x").blocked && place(&a, "/usr/bin/x").from);
	/* a redirect by name points beside the directory, and there is nothing */
	p = place(&a, "/usr/share");
	ck_assert(p.entry && p.entry->renamed && !p.entry->origin.from && p.from);
}
END_TEST

START_TEST(test_content)
{
	auto_area struct area a;
	const struct vz_survey_entry *e;
	auto_buf struct vz_buf text = {0};
	bool same;

	area_init(&a, LOWER, HIGHER, NULL,
		  "d /etc\nf /etc/a old a\nm0600 /etc/b\nd /usr\nd /usr/bin\nm /usr/bin/mine x\nm /usr/bin/lost gone\n");
	must(vz_survey_read(&a.s, &err));
	e = place(&a, "/etc/a").entry;
	must(vz_survey_same(&a.s, e, e->from, &same, &err));
	ck_assert(same);
	must(vz_survey_same(&a.s, e, e->to, &same, &err));
	ck_assert(!same);
	must(vz_survey_content(&a.s, NULL, e, &text, &err));
	ck_assert_str_eq(text.data, "old a");
	e = place(&a, "/etc/b").entry;
	ck_assert(e->metacopy && !e->renamed && (e->node->mode & 0777) == 0600 && e->node->n_xattrs == 0);
	must(vz_survey_same(&a.s, e, e->from, &same, &err));
	ck_assert(same);
	e = place(&a, "/usr/bin/mine").entry;
	ck_assert(e->metacopy && e->renamed && e->origin.from == vz_tree_find(a.from, "/usr/bin/x"));
	must(vz_survey_fill(&a.s, e, &err));
	ck_assert(vz_node_same_content(e->node, vz_tree_find(a.from, "/usr/bin/x")));
	e = place(&a, "/usr/bin/lost").entry;
	ck_assert(e->metacopy && !vz_survey_before(&e->origin));
	must(vz_survey_fill(&a.s, e, &err));
}
END_TEST

/* What is not any more what was seen is not read. */
START_TEST(test_changed)
{
	auto_area struct area a;
	auto_buf struct vz_buf text = {0};
	int fd;

	area_init(&a, LOWER, HIGHER, NULL, "d /etc\nf /etc/a mine\nf /etc/b mine\nd /usr\nd /usr/share\nf /usr/share/doc mine\n");
	must(vz_survey_read(&a.s, &err));
	ck_assert_int_ge(fd = openat(a.fd, "etc/a", O_WRONLY | O_APPEND), 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
	must_fail(vz_survey_content(&a.s, NULL, place(&a, "/etc/a").entry, &text, &err), VZ_BUSY, "'/etc/a' of a private area changed");
	ck_assert_int_eq(unlinkat(a.fd, "etc/b", 0), 0);
	ck_assert_int_eq(mknodat(a.fd, "etc/b", S_IFIFO | 0644, 0), 0);
	must_fail(vz_survey_fill(&a.s, place(&a, "/etc/b").entry, &err), VZ_BUSY, "changed");
	/* a link to a directory with a file of that name */
	ck_assert_int_eq(renameat(a.fd, "usr/share", a.fd, "usr/other"), 0);
	ck_assert_int_eq(symlinkat("other", a.fd, "usr/share"), 0);
	must_fail(vz_survey_fill(&a.s, place(&a, "/usr/share/doc").entry, &err), VZ_BUSY, "changed");
}
END_TEST

START_TEST(test_sealed)
{
	auto_area struct area a;
	struct vz_survey_place p;
	bool same;

	area_init(&a, LOWER, HIGHER, "d /etc\nf /etc/a sealed\nd /opt\nf /opt/own mine\nd /usr\nd /usr/bin\nf /usr/bin/x sealed\n",
		  "d /usr\nd /usr/bin\nw /usr/bin/x\n");
	must(vz_survey_read(&a.s, &err));
	p = place(&a, "/etc/a");
	ck_assert(p.entry && !p.entry->seen.there && p.from && p.to && vz_survey_after(&p.entry->under) == p.under.layer);
	must(vz_survey_same(&a.s, p.entry, vz_tree_find(a.layer, "/etc/a"), &same, &err));
	ck_assert(same);
	ck_assert(place(&a, "/opt/own").entry != NULL);
	p = place(&a, "/usr/bin/x");
	ck_assert(p.entry && p.entry->whiteout && p.entry->seen.there && p.under.layer);
	p = place(&a, "/etc/b");
	ck_assert(!p.entry && vz_survey_after(&p.under) == p.to);
}
END_TEST

/* Files without content are looked for where overlayfs says, or everywhere if one may be where it does not. */
START_TEST(test_moved)
{
	static const char *const uppers[] = {
		"d /home\nm /home/x /usr/bin/x\n",
		"d /home\nm /home/x /usr/bin/x\nd /usr\nd /usr/share\nw /usr/share/doc\n",
		"d /home\nm /home/x /usr/bin/x\nd /usr\nd /usr/bin\nw /usr/bin/x\n",
		"d /home\nm /home/x /usr/bin/x\nd /usr\nw /usr/bin\n",
	};
	static const bool found[] = { false, false, true, true };

	for (int i = 0; i < 8; i++) {
		auto_area struct area a;
		bool impure = i >= 4;

		area_init(&a, LOWER, HIGHER, NULL, uppers[i % 4]);
		if (impure) {
			auto_fd int home = openat(a.fd, "home", O_RDONLY | O_DIRECTORY);

			ck_assert_int_eq(fsetxattr(home, PRIVATE_MARK "impure", "y", 1, 0), 0);
		}
		must(vz_survey_read(&a.s, &err));
		ck_assert_msg((place(&a, "/home/x").entry != NULL) == (impure || found[i % 4]), "%d", i);
	}
}
END_TEST

START_TEST(test_deep)
{
	auto_area struct area a;
	int fd, next;

	area_init(&a, LOWER, HIGHER, NULL, "");
	fd = dup(a.fd);
	for (int i = 0; i < 600; i++) {
		ck_assert_int_eq(mkdirat(fd, "d", 0755), 0);
		ck_assert_int_ge(next = openat(fd, "d", O_RDONLY | O_DIRECTORY), 0);
		close(fd);
		fd = next;
	}
	close(fd);
	must_fail(vz_survey_read(&a.s, &err), VZ_FAILED, "nested deeper than 512");
}
END_TEST

UNIT_MAIN("survey", test_counterparts, test_directories, test_content, test_changed, test_sealed, test_moved, test_deep)
