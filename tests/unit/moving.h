/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An environment "a" whose template has three versions, a planner that plans what a test says, and a picture
 * of what is in the private area, for the tests of link/env_move.c.
 */
#ifndef TESTS_MOVING_H
#define TESTS_MOVING_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#include "link/env.h"
#include "tests/unit/root.h"

/* One change that is to be planned; ends with path NULL. */
struct wish {
	enum vz_upper_kind kind;
	const char *path, *content;      /* content NULL: DROP and HIDE; a directory */
};

struct place {
	struct root r;
	struct vz_digest images[3];
	int upper;
	/* what plan() does */
	const struct wish *wishes;
	unsigned planned;                /* how often */
	void (*meanwhile)(struct place *p);      /* somebody is faster; or NULL */
	bool no_seen;                    /* as if nothing had been there */
};

static inline struct vz_composition version(const struct place *p, unsigned n)
{
	return (struct vz_composition){
		.template_name = (char *)"small", .template_version = n, .image = p->images[n - 1],
	};
}

static inline void add_plain(struct vz_tree *t, const char *name, const char *text)
{
	vz_node_set_content(vz_node_add(vz_tree_find(t, "etc"), name, S_IFREG | 0644), text, strlen(text));
}

static inline struct place place_new(void)
{
	struct place p = { .r = root_new() };
	auto_env struct vz_env e = {0};
	struct vz_composition one;
	struct vz_err err = {0};

	for (unsigned i = 1; i <= 3; i++) {
		auto_tree struct vz_tree *t = vz_tree_new();
		auto_free char *text = vz_printf("%u", i);

		root_tree(&p.r, t);
		vz_tree_make_dirs(t, "var/cache", 0755, 0);
		if (i < 3)
			vz_tree_make_dirs(t, "srv/old", 0755, 0);
		add_plain(t, "version", text);
		add_plain(t, "doomed", "x");
		root_image(&p.r, t);
		p.images[i - 1] = p.r.image;
	}
	one = version(&p, 1);
	must(vz_env_create(p.r.store, "a", &one, &e, &err));
	p.upper = -1;
	return p;
}

static inline void place_release(struct place *p)
{
	if (p->upper >= 0)
		close(p->upper);
	root_release(&p->r);
}
#define auto_place __attribute__((cleanup(place_release)))

/* Runs `sh -c SCRIPT` inside; its wait status. Later the upper directory is open. */
static inline int inside(struct place *p, const char *script)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct vz_err err = {0};
	int status;

	must(vz_env_exec(p->r.store, "a", argv, &status, &err));
	if (p->upper < 0)
		must(p->upper = vz_open_dir(vz_store_fd(p->r.store), "envs/a/upper", &err));
	return status;
}

static inline int plan(void *ctx, int upper_fd, const struct vz_env *from, const struct vz_env *to,
		       struct vz_upper_plan *ret, struct vz_err *err)
{
	struct place *p = ctx;

	ck_assert_uint_ne(from->generation, to->generation);
	p->planned++;
	for (const struct wish *w = p->wishes; w && w->path; w++) {
		auto_tree struct vz_tree *t = vz_tree_new();
		struct vz_node *n = vz_node_add(t->root, "x", w->kind == VZ_UPPER_DIR ? S_IFDIR | 0750 : S_IFREG | 0640);
		const bool has_node = w->kind == VZ_UPPER_DIR || w->kind == VZ_UPPER_PUT;
		struct vz_upper_change *c;

		n->mtime = 1234;
		if (w->content)
			vz_node_set_content(n, w->content, strlen(w->content));
		c = vz_upper_add(ret, w->kind, VZ_UPPER_MERGED, w->path, has_node ? n : NULL);
		if (!p->no_seen && vz_upper_look(upper_fd, w->path, &c->seen, err) < 0)
			return -1;
	}
	if (p->meanwhile)
		p->meanwhile(p);
	return 0;
}

/* To a version with the wishes (0: back to a generation), and what came of it. */
static inline int move(struct place *p, unsigned to_version, unsigned back_to, const struct wish *wishes,
		       struct vz_env_moved *ret, struct vz_err *err)
{
	struct vz_composition to = to_version ? version(p, to_version) : (struct vz_composition){0};
	const struct vz_env_move m = {
		.name = "a", .to = to_version ? &to : NULL, .back_to = back_to, .reason = "test",
		.plan = wishes ? plan : NULL, .plan_ctx = p,
	};

	p->wishes = wishes;
	return vz_env_move(p->r.store, &m, ret, err);
}

static inline void must_move(struct place *p, unsigned to_version, unsigned back_to, const struct wish *wishes)
{
	struct vz_env_moved done = {0};
	struct vz_err err = {0};

	must(move(p, to_version, back_to, wishes, &done, &err));
	vz_env_moved_release(&done);
}

static inline unsigned generation(const struct place *p)
{
	auto_env struct vz_env e = {0};
	struct vz_err err = {0};

	must(vz_env_read(p->r.store, "a", &e, &err));
	return e.generation;
}

/* What a picture has of each file; what a move gives back is the same in all of it. */
enum picture { PICTURE_FILES, PICTURE_ALL };

static inline void picture_attributes(struct vz_buf *b, int dir, const char *name)
{
	auto_free char *path = vz_printf("/proc/self/fd/%d/%s", dir, name);
	char keys[4096], value[4096];
	ssize_t len = llistxattr(path, keys, sizeof keys);

	for (const char *k = keys; len > 0 && k < keys + len; k += strlen(k) + 1) {
		ssize_t n = lgetxattr(path, k, value, sizeof value);

		/* bookkeeping of overlayfs, which comes by itself */
		if (strcmp(k, "trusted.overlay.impure") != 0 && strcmp(k, "trusted.overlay.origin") != 0)
			vz_buf_printf(b, " %s=%.*s", k, (int)(n < 0 ? 0 : n), value);
	}
}

static inline void picture_add(struct vz_buf *b, int dir, const char *name, const char *path, enum picture how)
{
	struct vz_err err = {0};
	char target[4096] = "";
	struct stat st;

	ck_assert_int_eq(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	vz_buf_printf(b, "%s %o %u %u", path, st.st_mode, st.st_uid, st.st_gid);
	/* whiteouts are links to one */
	if (!S_ISDIR(st.st_mode) && !S_ISCHR(st.st_mode))
		vz_buf_printf(b, " %ju %ju", (uintmax_t)st.st_nlink, (uintmax_t)st.st_size);
	if (how == PICTURE_ALL)
		vz_buf_printf(b, " #%ju", (uintmax_t)st.st_ino);
	if (how == PICTURE_ALL || S_ISREG(st.st_mode))
		vz_buf_printf(b, " %jd.%09ld", (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	picture_attributes(b, dir, name);
	if (S_ISLNK(st.st_mode) && readlinkat(dir, name, target, sizeof target - 1) > 0)
		vz_buf_printf(b, " -> %s", target);
	vz_buf_putc(b, '\n');
	if (S_ISREG(st.st_mode))
		must(vz_read_file(dir, name, 1 << 20, b, &err));
}

static inline int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static inline void picture_dir(struct vz_buf *b, int dir, const char *path, enum picture how)
{
	struct dirent **list;
	int n = scandirat(dir, ".", &list, NULL, by_name);

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		auto_free char *sub = vz_printf("%s/%s", path, name);

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			auto_fd int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			picture_add(b, dir, name, sub, how);
			if (fd >= 0)
				picture_dir(b, fd, sub, how);
		}
		free(list[i]);
	}
	free(list);
}

/* All that is in the private area, as text. To be freed. */
static inline char *picture(const struct place *p, enum picture how)
{
	struct vz_buf b = {0};

	picture_dir(&b, p->upper, "", how);
	vz_buf_puts(&b, "");
	return vz_buf_steal(&b);
}

static inline char *content(const struct place *p, const char *path)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	if (vz_read_file(p->upper, path, 4096, &text, &err) < 0)
		return vz_strdup("(none)");
	return vz_buf_steal(&text);
}

static inline void check_content(const struct place *p, const char *path, const char *want)
{
	auto_free char *is = content(p, path);

	ck_assert_str_eq(is, want);
}

/* Nothing is left of a move that is over. */
static inline void check_settled(const struct place *p)
{
	static const char *const names[] = { "moving", "moving.new", "gone" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		auto_free char *path = vz_printf("envs/a/%s", names[i]);

		ck_assert_int_lt(faccessat(vz_store_fd(p->r.store), path, F_OK, 0), 0);
	}
}

#endif
