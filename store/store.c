/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/fsverity.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "store/image.h"
#include "store/recover.h"
#include "store/reserve.h"

#define MAX_IMAGE ((size_t)1 << 30)
#define VERSION_TEXT "vzpkg-store 1\n"

struct vz_store {
	char *path;
	int fd, objects, lock;
	pthread_mutex_t stage_lock;
	int stage;
	char *stage_path;           /* "staging/<pid>-<random>" */
	bool no_verity;             /* the file system cannot seal: found out at the first try */
	bool unsynced;              /* files got names since the last sync */
};

static const char *const subdirs[] = {
	"objects", "packages", "repos", "templates", "images", "plans", "compositions", "envs", "staging", "trash", "locks",
};

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_dir __attribute__((cleanup(dir_close)))

static DIR *open_list(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

/* A directory that is no store may become one only if there is nothing in it
 * that could be somebody's: a mistyped --root must not end up as a store. */
static int check_unused(const struct vz_store *s, struct vz_err *err)
{
	auto_dir DIR *d = open_list(s->fd, ".");
	struct dirent *e;

	if (!d)
		return vz_err_sys(err, "read directory '%s'", s->path);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !strcmp(e->d_name, "lost+found") ||
		    !strncmp(e->d_name, "version", 7))
			continue;
		vz_err_set(err, VZ_FAILED, "'%s' is not a vzpkg store, and not empty ('%s')", s->path, e->d_name);
		return vz_err_hint(err, "give an empty or a new directory to --root");
	}
	return 0;
}

static int check_version(struct vz_store *s, enum vz_store_mode mode, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(s->fd, "version", 256, &text, err) < 0) {
		if (err->code != VZ_NOTFOUND)
			return vz_err_wrap(err, "store '%s'", s->path);
		if (mode == VZ_STORE_READ)
			return vz_err_set(err, VZ_NOTFOUND, "'%s' is not a vzpkg store", s->path);
		if (check_unused(s, err) < 0)
			return -1;
		return vz_write_file(s->fd, "version", VERSION_TEXT, strlen(VERSION_TEXT), 0600, err);
	}
	if (text.len != strlen(VERSION_TEXT) || memcmp(text.data, VERSION_TEXT, text.len)) {
		text.data[strcspn(text.data, "\n")] = 0;
		vz_err_set(err, VZ_FAILED, "store '%s' has the format '%s', this vzpkg knows 'vzpkg-store 1'", s->path,
			   text.data);
		return vz_err_hint(err, "use the vzpkg that made it, or another --root");
	}
	return 0;
}

static int open_root(struct vz_store *s, const char *root, enum vz_store_mode mode, struct vz_err *err)
{
	char real[PATH_MAX];

	if (mode != VZ_STORE_READ) {
		auto_free char *parent = vz_strdup(root);
		char *slash = strrchr(parent, '/');

		if (slash && slash != parent) {
			*slash = 0;
			if (vz_make_dirs(AT_FDCWD, parent, 0755, err) < 0)
				return -1;
		}
		if (mkdir(root, 0700) < 0 && errno != EEXIST) {
			vz_err_sys(err, "make the store '%s'", root);
			return geteuid() ? vz_err_hint(err, "run vzpkg as root") : -1;
		}
	}
	s->fd = vz_open_dir(AT_FDCWD, root, err);
	if (s->fd < 0) {
		if (err->code != VZ_NOTFOUND)
			return geteuid() ? vz_err_hint(err, "run vzpkg as root") : -1;
		vz_err_set(err, VZ_NOTFOUND, "there is no store at '%s'", root);
		return vz_err_hint(err, "'vzpkg create template' makes one");
	}
	s->path = vz_strdup(realpath(root, real));
	return s->path ? 0 : vz_err_sys(err, "resolve '%s'", root);
}

static int make_subdirs(struct vz_store *s, struct vz_err *err)
{
	for (size_t i = 0; i < sizeof subdirs / sizeof *subdirs; i++)
		if (mkdirat(s->fd, subdirs[i], 0700) < 0 && errno != EEXIST)
			return vz_err_sys(err, "make directory '%s/%s'", s->path, subdirs[i]);
	return 0;
}

/* One process at a time looks after the dead; others wait, as until then some of
 * what is in the store may not be what it seems. What cannot be removed is no
 * harm, and is tried again. */
static int remove_dead_stages(struct vz_store *s, struct vz_err *err)
{
	auto_fd int lock = vz_open(s->fd, "locks/recover", O_RDWR | O_CREAT, 0600, err);
	auto_dir DIR *d = NULL;
	struct dirent *e;

	if (lock < 0 || vz_lock_fd(lock, VZ_LOCK_EXCLUSIVE, true, "recovery", err) < 0)
		return -1;
	d = open_list(s->fd, "staging");
	while (d && (e = readdir(d))) {
		auto_fd int fd = -1;
		struct vz_err unused;

		if (e->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
			continue;
		if (vz_recover(s->fd, fd, err) < 0)
			return vz_err_wrap(err, "recover the store '%s'", s->path);
		vz_remove_tree(dirfd(d), e->d_name, &unused);
	}
	return 0;
}

static int open_for_change(struct vz_store *s, enum vz_store_mode mode, struct vz_err *err)
{
	auto_free char *what = vz_printf("the store '%s'", s->path);

	if (make_subdirs(s, err) < 0)
		return -1;
	s->lock = vz_open(s->fd, "locks/store", O_RDWR | O_CREAT, 0600, err);
	if (s->lock < 0)
		return vz_err_wrap(err, "%s", what);
	if (vz_lock_fd(s->lock, mode == VZ_STORE_COLLECT ? VZ_LOCK_EXCLUSIVE : VZ_LOCK_SHARED, false, what, err) < 0)
		return -1;
	vz_reserve_make(s->fd);
	return remove_dead_stages(s, err);
}

struct vz_store *vz_store_open(const char *root, enum vz_store_mode mode, struct vz_err *err)
{
	auto_store struct vz_store *s = vz_new(struct vz_store);

	s->fd = s->objects = s->lock = s->stage = -1;
	pthread_mutex_init(&s->stage_lock, NULL);
	if (open_root(s, root, mode, err) < 0 || check_version(s, mode, err) < 0)
		return NULL;
	if (mode != VZ_STORE_READ && open_for_change(s, mode, err) < 0)
		return NULL;
	s->objects = vz_open_dir(s->fd, "objects", err);
	if (s->objects < 0) {
		vz_err_wrap(err, "store '%s'", s->path);
		return NULL;
	}
	return steal(&s);
}

void vz_store_close(struct vz_store *s)
{
	struct vz_err unused;

	if (!s)
		return;
	if (s->stage >= 0) {
		/* unsynced, the stage stays as a mark for recovery */
		if (!s->unsynced || vz_store_sync(s, &unused) == 0)
			vz_remove_tree(s->fd, s->stage_path, &unused);
		close(s->stage);
	}
	if (s->objects >= 0)
		close(s->objects);
	if (s->lock >= 0)
		close(s->lock);
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->stage_lock);
	free(s->stage_path);
	free(s->path);
	free(s);
}

int vz_store_fd(const struct vz_store *s)
{
	return s->fd;
}

const char *vz_store_path(const struct vz_store *s)
{
	return s->path;
}

int vz_store_objects_fd(const struct vz_store *s)
{
	return s->objects;
}

/* Makes and locks a directory. Another process may take it for dead between
 * the two and remove it: then there is no link to it, and another is made. */
static int make_stage(struct vz_store *s, struct vz_err *err)
{
	for (int tries = 0; tries < 16; tries++) {
		uint64_t random;
		auto_free char *path = NULL;
		auto_fd int fd = -1;
		struct stat st;

		if (getrandom(&random, sizeof random, 0) != sizeof random)
			return vz_err_sys(err, "random number");
		path = vz_printf("staging/%d-%016llx", getpid(), (unsigned long long)random);
		if (mkdirat(s->fd, path, 0700) < 0)
			return vz_err_sys(err, "make stage '%s/%s'", s->path, path);
		fd = openat(s->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0)
			return vz_err_sys(err, "lock stage '%s/%s'", s->path, path);
		if (!st.st_nlink)
			continue;
		if (vz_recover_mark(fd, err) < 0)
			return -1;
		s->stage_path = steal(&path);
		s->stage = steal_fd(&fd);
		return 0;
	}
	return vz_err_set(err, VZ_BUSY, "make a stage in '%s': taken away each time", s->path);
}

int vz_store_stage(struct vz_store *s, struct vz_err *err)
{
	int r = 0;

	pthread_mutex_lock(&s->stage_lock);
	if (s->stage < 0)
		r = make_stage(s, err);
	pthread_mutex_unlock(&s->stage_lock);
	return r < 0 ? -1 : s->stage;
}

const char *vz_store_stage_path(struct vz_store *s)
{
	return s->stage_path;
}

int vz_store_lock(struct vz_store *s, const char *kind, const char *name, bool wait, struct vz_err *err)
{
	auto_free char *path = vz_printf("locks/%s-%s", kind, name), *what = vz_printf("%s '%s'", kind, name);
	struct stat st;

	if (!vz_name_is_sane(name))
		return vz_err_set(err, VZ_USAGE, "'%s' cannot be the name of a %s", name, kind);
	for (;;) {
		auto_fd int fd = vz_open(s->fd, path, O_RDWR | O_CREAT, 0600, err);

		if (fd < 0 || vz_lock_fd(fd, VZ_LOCK_EXCLUSIVE, wait, what, err) < 0)
			return -1;
		if (fstat(fd, &st) < 0)
			return vz_err_sys(err, "lock %s", what);
		/* collection may have removed it between the two: then the next to come locks another file */
		if (st.st_nlink)
			return steal_fd(&fd);
	}
}

int vz_store_sync(struct vz_store *s, struct vz_err *err)
{
	__atomic_store_n(&s->unsynced, false, __ATOMIC_SEQ_CST);
	if (syncfs(s->fd) == 0)
		return 0;
	__atomic_store_n(&s->unsynced, true, __ATOMIC_SEQ_CST);
	return vz_err_sys(err, "sync the store '%s'", s->path);
}

int vz_store_begin_file(const struct vz_store *s, int dir, struct vz_err *err)
{
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);

	return fd < 0 ? vz_err_sys(err, "make a file in the store '%s'", s->path) : fd;
}

/* Sealing needs a descriptor for reading, and none for writing. */
static int seal_file(struct vz_store *s, int *fd, struct vz_err *err)
{
	struct fsverity_enable_arg how = {
		.version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256, .block_size = 4096,
	};
	char self[64];
	int reader;

	snprintf(self, sizeof self, "/proc/self/fd/%d", *fd);
	reader = open(self, O_RDONLY | O_CLOEXEC);
	if (reader < 0)
		return vz_err_sys(err, "reopen a file in the store '%s'", s->path);
	close(*fd);
	*fd = reader;
	if (ioctl(*fd, FS_IOC_ENABLE_VERITY, &how) == 0)
		return 0;
	if (errno != ENOTTY && errno != EOPNOTSUPP && errno != EINVAL)
		return vz_err_sys(err, "seal a file in the store '%s'", s->path);
	__atomic_store_n(&s->no_verity, true, __ATOMIC_RELAXED);
	return 0;
}

/* 1: has the name now, 0: the name exists, -1: errno. */
static int name_file(int fd, int dir, const char *name)
{
	char self[64];

	if (linkat(fd, "", dir, name, AT_EMPTY_PATH) == 0)
		return 1;
	if (errno != EEXIST) {
		/* the call above needs a capability on kernels before 6.10 */
		snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
		if (linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW) == 0)
			return 1;
	}
	return errno == EEXIST ? 0 : -1;
}

int vz_store_end_file(struct vz_store *s, int *fd, int dir, const char *name, enum vz_store_seal seal, bool *ret_new,
		      struct vz_err *err)
{
	auto_fd int file = steal_fd(fd);
	const char *slash = strchr(name, '/');
	int r;

	if (seal == VZ_STORE_SEALED && !__atomic_load_n(&s->no_verity, __ATOMIC_RELAXED) &&
	    seal_file(s, &file, err) < 0)
		return -1;
	if (vz_store_stage(s, err) < 0)          /* before the name: it marks what recovery has to look at */
		return -1;
	__atomic_store_n(&s->unsynced, true, __ATOMIC_SEQ_CST);
	r = name_file(file, dir, name);
	/* first level directories of objects/ are made when needed */
	if (r < 0 && errno == ENOENT && slash) {
		auto_free char *parent = vz_strndup(name, (size_t)(slash - name));

		if (mkdirat(dir, parent, 0700) < 0 && errno != EEXIST)
			return vz_err_sys(err, "make directory '%s' in the store '%s'", parent, s->path);
		r = name_file(file, dir, name);
	}
	if (r < 0)
		return vz_err_sys(err, "name file '%s' in the store '%s'", name, s->path);
	if (ret_new)
		*ret_new = r > 0;
	return 0;
}

static char *image_path(const struct vz_digest *d)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	return vz_printf("images/%s.erofs", hex);
}

int vz_store_put_image(struct vz_store *s, const void *image, size_t len, struct vz_digest *ret, struct vz_err *err)
{
	auto_free char *path = NULL;
	auto_fd int fd = -1;
	struct vz_digest d;

	vz_verity_bytes(image, len, &d);
	path = image_path(&d);
	if (faccessat(s->fd, path, F_OK, 0) < 0) {
		auto_fd int dir = vz_open_dir(s->fd, "images", err);

		fd = dir < 0 ? -1 : vz_store_begin_file(s, dir, err);
		if (fd < 0)
			return -1;
		if (vz_write_fd(fd, image, len, err) < 0)
			return vz_err_wrap(err, "image '%s'", path);
		if (vz_store_end_file(s, &fd, s->fd, path, VZ_STORE_SEALED, NULL, err) < 0)
			return -1;
	}
	*ret = d;
	return 0;
}

int vz_store_open_image(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err)
{
	auto_free char *path = image_path(d);
	int fd = vz_open(s->fd, path, O_RDONLY, 0, err);

	if (fd < 0 && err->code == VZ_NOTFOUND)
		err->code = VZ_DAMAGED;
	return fd;
}

struct vz_tree *vz_store_image_tree(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err)
{
	auto_free char *path = image_path(d);
	auto_fd int fd = vz_store_open_image(s, d, err);
	auto_buf struct vz_buf image = {0};
	struct vz_tree *t = NULL;
	struct vz_digest is;

	if (fd < 0 || vz_read_fd(fd, MAX_IMAGE, &image, err) < 0)
		return NULL;
	vz_verity_bytes(image.data, image.len, &is);
	if (vz_digest_cmp(&is, d))
		vz_err_set(err, VZ_DAMAGED, "'%s' does not have the content that its name says", path);
	else if (!(t = vz_image_read(image.data, image.len, err)))
		vz_err_wrap(err, "'%s'", path);
	return t;
}
