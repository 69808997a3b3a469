/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/table.h"
#include "builder/inode.h"
#include "builder/overlay.h"
#include "link/journal.h"
#include "store/image.h"

#define MAX_DEPTH 512

/* An inode that has several names. */
struct inode {
	struct vz_node *node;            /* of its first name */
	nlink_t links, found;
	size_t *changes;                 /* of its names, in the plan */
};

struct sealing {
	struct vz_seal *what;
	const struct vz_env *env;
	struct vz_tree *image;           /* of the composition */
	struct vz_tree *layer;           /* that comes to be */
	struct vz_upper_plan *plan;
	struct vz_table keep;            /* paths that moves have changed */
	struct vz_table inodes;          /* number → struct inode */
	unsigned depth;
	struct vz_err *err;
};

/* One directory of the private area. */
struct place {
	int fd;
	const char *path;                /* "" for the top */
	struct vz_node *layer;           /* the layer's directory for it */
	const struct vz_node *image;     /* what the composition has there, or NULL */
};

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_dir __attribute__((cleanup(dir_close)))

static bool is_marked(const struct vz_node *n, const char *mark)
{
	auto_free char *key = vz_printf(VZ_OVERLAY_MARK "%s", mark);

	return vz_node_xattr(n, key) != NULL;
}

/* Marks that say nothing once they are in an image. */
static void unmark(struct vz_node *n)
{
	vz_node_remove_xattr(n, VZ_OVERLAY_MARK "opaque");
	vz_node_remove_xattr(n, VZ_OVERLAY_MARK "impure");
}

/* The layer's own node of that name, empty, in the place of what it had. */
static struct vz_node *renew_node(struct sealing *s, struct vz_node *dir, const char *name, uint32_t mode)
{
	struct vz_node *n = vz_node_child(dir, name, strlen(name));

	if (n && vz_node_is_dir(n) && S_ISDIR(mode))
		return n;
	if (n)
		vz_tree_remove(s->layer, n);
	return vz_node_add(dir, name, mode);
}

static void add_drop(struct sealing *s, const char *path, const struct stat *st)
{
	struct vz_upper_change *c = vz_upper_add(s->plan, VZ_UPPER_DROP, VZ_UPPER_KEPT, path, NULL);

	c->seen = (struct vz_upper_seen){ .there = true, .ino = st->st_ino, .size = (uint64_t)st->st_size, .changed = st->st_ctim };
}

/* One more name of an inode. True if the first is known, which the node is linked to. */
static bool is_known_inode(struct sealing *s, struct vz_node *n, const struct stat *st)
{
	char key[32];
	struct inode *i;
	bool known;

	if (st->st_nlink < 2)
		return false;
	snprintf(key, sizeof key, "%ju", (uintmax_t)st->st_ino);
	i = vz_table_get(&s->inodes, key);
	known = i != NULL;
	if (!i) {
		i = vz_new(struct inode);
		*i = (struct inode){ .node = n, .links = st->st_nlink };
		vz_table_put(&s->inodes, key, i);
	}
	i->changes = vz_realloc(i->changes, i->found + 1, sizeof *i->changes);
	i->changes[i->found++] = s->plan->n;
	if (known)
		vz_node_set_link(n, i->node);
	return known;
}

/* Does the composition show the same without it? Then no layer needs it, and the next version is not hidden. */
static bool shows_the_same(const struct place *p, const struct vz_node *n)
{
	const struct vz_node *below = p->image ? vz_node_child(p->image, n->name, n->name_len) : NULL;

	return below && !n->link && !n->n_links && !below->link && !below->n_links && vz_node_same(n, below, true);
}

/* What is no directory. Nothing is done where it has to stay. */
static int seal_file(struct sealing *s, const struct place *p, const char *name, const char *path, int fd, const struct stat *st)
{
	auto_tree struct vz_tree *scratch = vz_tree_new();
	struct vz_node *seen = vz_node_add(scratch->root, "x", st->st_mode), *n;
	auto_fd int content = -1;
	struct stat now;

	if (S_ISSOCK(st->st_mode) || vz_table_has(&s->keep, path) || vz_inode_read(fd, st, seen, s->err) < 0)
		return S_ISSOCK(st->st_mode) || vz_table_has(&s->keep, path) ? 0 : -1;
	if (vz_overlay_is_whiteout(seen) || is_marked(seen, "metacopy") || is_marked(seen, "redirect"))
		return 0;
	n = renew_node(s, p->layer, name, st->st_mode);
	if (!is_known_inode(s, n, st)) {
		vz_node_copy_inode(n, seen);
		unmark(n);
		if (S_ISREG(st->st_mode)) {
			content = vz_path_open_entry(p->fd, name, &now, s->err);
			if (content < 0 || vz_inode_read_content(s->what->store, content, n, &s->what->new_bytes, s->err) < 0)
				return -1;
			s->what->bytes += n->size;
		}
	}
	s->what->files++;
	add_drop(s, path, st);
	if (st->st_nlink < 2 && shows_the_same(p, n))
		vz_tree_remove(s->layer, n);
	return 0;
}

static int seal_entries(struct sealing *s, const struct place *p);

/* A directory that hides or was renamed stays as it is, with all that is in it. */
static int seal_dir(struct sealing *s, const struct place *p, const char *name, const char *path, int fd, const struct stat *st)
{
	auto_tree struct vz_tree *scratch = vz_tree_new();
	struct vz_node *seen = vz_node_add(scratch->root, "x", st->st_mode);
	struct vz_node *there = vz_node_child(p->layer, name, strlen(name));
	auto_fd int sub = -1;
	struct place in;

	if (vz_inode_read(fd, st, seen, s->err) < 0)
		return -1;
	in = (struct place){ .path = path, .image = p->image ? vz_node_child(p->image, name, strlen(name)) : NULL };
	if (is_marked(seen, "redirect") || (vz_overlay_is_opaque(seen) && (in.image || there)))
		return 0;
	sub = openat(p->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0)
		return vz_err_sys(s->err, "open '%s'", path);
	unmark(seen);
	in.fd = sub;
	in.layer = renew_node(s, p->layer, name, st->st_mode);
	vz_node_copy_inode(in.layer, seen);
	if (seal_entries(s, &in) < 0)
		return -1;
	add_drop(s, path, st);
	return 0;
}

static int seal_entry(struct sealing *s, const struct place *p, const char *name)
{
	auto_free char *path = vz_printf("%s/%s", p->path, name);
	auto_fd int fd = openat(p->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return vz_err_sys(s->err, "open '%s'", path);
	return (S_ISDIR(st.st_mode) ? seal_dir : seal_file)(s, p, name, path, fd, &st);
}

static int seal_entries(struct sealing *s, const struct place *p)
{
	int again = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *e;

	if (!d)
		return vz_err_sys(s->err, "read directory '%s'", p->path);
	if (++s->depth > MAX_DEPTH)
		return vz_err_set(s->err, VZ_FAILED, "directories are nested deeper than %d", MAX_DEPTH);
	if (vz_interrupted(s->err) < 0)
		return -1;
	while ((errno = 0, e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && seal_entry(s, p, e->d_name) < 0)
			return -1;
	s->depth--;
	return errno ? vz_err_sys(s->err, "read directory '%s'", p->path) : 0;
}

/* A file with a name that stays in the private area stays there with all of them. */
static void release_split_inodes(struct sealing *s)
{
	for (size_t i = 0; i < s->inodes.n; i++) {
		struct inode *inode = s->inodes.items[i].value;

		for (nlink_t k = 0; inode->found < inode->links && k < inode->found; k++) {
			struct vz_upper_change *c = &s->plan->changes[inode->changes[k]];
			struct vz_node *n = vz_tree_find(s->layer, c->path);

			vz_tree_remove(s->layer, n);
			c->seen.there = false;
			s->what->files--;
		}
		free(inode->changes);
		free(inode);
	}
}

/* Takes out of the plan what is not to go. Nothing but directories left: nothing is sealed. */
static void tidy_plan(struct sealing *s)
{
	struct vz_upper_plan *p = s->plan;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->changes[i].seen.there)
			p->changes[n++] = p->changes[i];
		else
			free(p->changes[i].path);
	p->n = n;
}

static int read_kept(struct sealing *s)
{
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(s->what->store, s->what->name, &n, s->err);

	if (!list)
		return -1;
	for (size_t i = 0; i < n; i++) {
		auto_free char *dir = vz_journal_undo_dir(list[i]);
		auto_free char *path = vz_printf("envs/%s/%s/journal", s->what->name, dir);
		auto_journal struct vz_journal j = {0};

		if (vz_journal_read(vz_store_fd(s->what->store), path, &j, s->err) < 0) {
			if (s->err->code != VZ_NOTFOUND)
				return -1;
			continue;
		}
		for (size_t k = 0; k < j.n; k++)
			vz_table_put(&s->keep, j.changes[k].path, s);
	}
	return 0;
}

static int read_trees(struct sealing *s)
{
	static const struct vz_digest none;

	s->image = vz_store_image_tree(s->what->store, &s->env->shows.image, s->err);
	if (!s->image)
		return -1;
	if (vz_digest_cmp(&s->env->layer, &none) == 0)
		s->layer = vz_tree_new();
	else
		s->layer = vz_store_image_tree(s->what->store, &s->env->layer, s->err);
	return s->layer ? 0 : -1;
}

static int read_top(struct sealing *s, int upper)
{
	auto_tree struct vz_tree *scratch = vz_tree_new();
	struct place top = { .fd = upper, .path = "", .layer = s->layer->root, .image = s->image->root };
	struct stat st;

	if (fstat(upper, &st) < 0)
		return vz_err_sys(s->err, "stat the private area");
	if (vz_inode_read(upper, &st, scratch->root, s->err) < 0)
		return -1;
	unmark(scratch->root);
	vz_node_copy_inode(s->layer->root, scratch->root);
	return seal_entries(s, &top);
}

static int put_layer(struct sealing *s, struct vz_digest *ret)
{
	auto_buf struct vz_buf image = {0};

	vz_tree_count_links(s->layer);
	return vz_image_write(s->layer, NULL, &image, s->err) < 0
		       ? -1 : vz_store_put_image(s->what->store, image.data, image.len, ret, s->err);
}

static bool is_empty(int dir)
{
	auto_texts struct vz_texts names = {0};
	struct vz_err unused;

	return vz_list_dir(dir, ".", &names, &unused) == 0 && !names.n;
}

static int plan(void *ctx, int upper_fd, const struct vz_env *now, struct vz_digest *ret_layer, struct vz_upper_plan *ret,
		struct vz_err *err)
{
	struct sealing s = { .what = ctx, .env = now, .plan = ret, .err = err };
	int rc;

	if (is_empty(upper_fd))
		return 0;
	rc = read_kept(&s) < 0 || read_trees(&s) < 0 ? -1 : read_top(&s, upper_fd);
	release_split_inodes(&s);
	tidy_plan(&s);
	if (rc == 0 && !s.what->files)
		vz_upper_plan_release(ret);
	if (rc == 0 && ret->n)
		rc = put_layer(&s, ret_layer);
	vz_tree_free(s.image);
	vz_tree_free(s.layer);
	vz_table_release(&s.keep);
	vz_table_release(&s.inodes);
	return rc;
}

int vz_seal(struct vz_seal *what, struct vz_err *err)
{
	const struct vz_env_seal seal = { .name = what->name, .plan = plan, .ctx = what };

	what->files = what->bytes = what->new_bytes = 0;
	return vz_env_seal(what->store, &seal, err);
}
