/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/stage.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/proc.h"
#include "builder/capture.h"
#include "builder/configure.h"
#include "builder/ids.h"
#include "link/enter.h"
#include "link/mount.h"
#include "store/outcome.h"
#include "store/image.h"

/* Goes up whenever the same inputs would give another result. */
#define RULES 6

void vz_stage_release(struct vz_stage *s)
{
	vz_tree_free(s->tree);
	s->tree = NULL;
}

static int latest_time(struct vz_node *n, void *ctx)
{
	int64_t *latest = ctx;

	if (!n->link && n->mtime > *latest)
		*latest = n->mtime;
	return 0;
}

/* The newest time in the packages, the parent included: a date that depends on
 * what is installed, not on when somebody last signed the repository. */
static int64_t stage_date(const struct vz_stage *s, const struct vz_compose_package *packages)
{
	int64_t date = s->parent ? s->parent->date : 0;

	for (size_t i = 0; i < s->n_packages; i++)
		vz_node_walk(packages[i].record->tree->root, latest_time, &date);
	return date < s->latest ? date : s->latest;
}

static void stage_key(struct vz_stage *s)
{
	auto_buf struct vz_buf b = {0};
	char hex[VZ_HEX_LEN + 1] = "-";
	struct vz_digest d;

	if (s->parent)
		vz_digest_hex(&s->parent->image, hex);
	vz_buf_printf(&b, "vzpkg-rules %d\nparent %s\nfamily %s %s\ndate %lld\n", RULES, hex, s->family, s->arch,
		      (long long)s->date);
	for (size_t i = 0; i < s->n_packages; i++)
		vz_buf_printf(&b, "package %s %s\n", s->packages[i]->name, s->packages[i]->digest);
	if (s->script) {
		vz_buf_printf(&b, "script %s %zu\n", s->script->when, s->script->len);
		vz_buf_add(&b, s->script->text, s->script->len);
	}
	if (s->recording) {
		vz_digest_hex(&s->recording->image, hex);
		vz_buf_printf(&b, "recording %s\n", hex);
	}
	if (s->sources)
		vz_sources_describe(s->sources, &b);
	for (size_t i = 0; s->ids && i < s->ids->n; i++)
		vz_buf_printf(&b, "id %d %s %u\n", s->ids->v[i].kind, s->ids->v[i].name, s->ids->v[i].id);
	vz_sha256(b.data, b.len, &d);
	vz_digest_hex(&d, s->key);
}

/* Found, and its image is there. A composition that cannot be read is as good as none. */
static bool find_known(struct vz_stage *s)
{
	struct vz_outcome known;
	struct vz_err ignored = {0};
	auto_fd int image = -1;
	struct stat st;

	if (vz_outcome_read(s->store, s->key, &known, &ignored) < 0)
		return false;
	image = vz_store_open_image(s->store, &known.image, &ignored);
	if (image < 0 || fstat(image, &st) < 0)
		return false;
	s->image = known.image;
	s->image_size = (uint64_t)st.st_size;
	s->known = true;
	return true;
}

struct vz_tree *vz_stage_tree(struct vz_stage *s, struct vz_err *err)
{
	if (!s->tree)
		s->tree = vz_store_image_tree(s->store, &s->image, err);
	return s->tree;
}

int vz_stage_keep(const struct vz_stage *s, struct vz_err *err)
{
	struct vz_outcome o = { .image = s->image };

	if (s->known)
		return 0;
	if (s->parent)
		o.parent = s->parent->image;
	return vz_outcome_write(s->store, s->key, &o, err);
}

/* What is mounted while scripts run: the composed tree below, a scratch area above. */
struct scratch {
	int dir, image, upper, work, root;
};

static void scratch_close(struct scratch *w)
{
	const int fds[] = { w->root, w->work, w->upper, w->image, w->dir };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int scratch_open(const struct vz_stage *s, struct vz_tree *tree, struct scratch *w, struct vz_err *err)
{
	struct vz_mount_plan plan = { .volatile_upper = true };
	auto_buf struct vz_buf image = {0};
	int stage = vz_store_stage(s->store, err);

	if (stage < 0 || vz_image_write(tree, NULL, &image, err) < 0)
		return -1;
	if (vz_remove_tree(stage, "scratch", err) < 0 || vz_make_dirs(stage, "scratch/upper", 0755, err) < 0 ||
	    vz_make_dirs(stage, "scratch/work", 0755, err) < 0)
		return -1;
	w->dir = vz_open_dir(stage, "scratch", err);
	w->image = w->dir < 0 ? -1 : vz_open(w->dir, "image", O_RDWR | O_CREAT | O_EXCL, 0600, err);
	if (w->image < 0 || vz_write_fd(w->image, image.data, image.len, err) < 0)
		return -1;
	w->upper = vz_open_dir(w->dir, "upper", err);
	w->work = w->upper < 0 ? -1 : vz_open_dir(w->dir, "work", err);
	if (w->work < 0)
		return -1;
	plan.image_fd = w->image;
	plan.upper_fd = w->upper;
	plan.work_fd = w->work;
	w->root = vz_mount_new(s->store, &plan, err);
	return w->root < 0 ? -1 : 0;
}

/* What the kernel does with "#!INTERPRETER [ARGUMENT]": it could not itself, as /proc appears only once something was
 * executed inside. */
static int interpreter(const struct vz_recipe_script *s, char **ret_path, char **ret_argument, struct vz_err *err)
{
	size_t len = strcspn(s->text, "\n"), start = 2 + strspn(s->text + (len > 2 ? 2 : len), " \t"), n;

	if (strncmp(s->text, "#!", 2) != 0 || start >= len || len > 255)
		return vz_err_set(err, VZ_SCRIPT, "the recipe's script '%s' does not begin with #! and an interpreter", s->name);
	n = strcspn(s->text + start, " \t\r\n");
	*ret_path = vz_strndup(s->text + start, n);
	start += n;
	start += strspn(s->text + start, " \t");
	while (len > start && strchr(" \t\r", s->text[len - 1]))
		len--;
	if (len > start)
		*ret_argument = vz_strndup(s->text + start, len - start);
	return 0;
}

/* A recipe's own script: run from memory, so that it leaves nothing behind. */
static int run_script(const struct vz_stage *s, int root, struct vz_err *err)
{
	auto_fd int script = memfd_create("script", MFD_CLOEXEC), out = memfd_create("output", MFD_CLOEXEC);
	auto_free char *date = vz_printf("SOURCE_DATE_EPOCH=%lld", (long long)s->date);
	auto_free char *program = NULL, *argument = NULL;
	const char *argv[5] = {0};
	struct vz_enter e = {
		.root_fd = root, .argv = argv,
		.envp = (const char *const[]){ date, "DEBIAN_FRONTEND=noninteractive", NULL },
		.stdin_fd = script, .stdout_fd = out, .stderr_fd = out,
		.private_network = true, .build = true, .timeout_seconds = vz_configure_seconds(),
	};
	int status = 0, n = 0;

	if (interpreter(s->script, &program, &argument, err) < 0)
		return -1;
	argv[n++] = program;
	if (argument)
		argv[n++] = argument;
	argv[n++] = "/proc/self/fd/0";
	argv[n] = strcmp(s->script->when, "post-cache") == 0 ? "/" : NULL;
	if (script < 0 || out < 0)
		return vz_err_sys(err, "make a memory file");
	if (vz_write_fd(script, s->script->text, s->script->len, err) < 0 || lseek(script, 0, SEEK_SET) < 0)
		return -1;
	if (vz_enter_run(&e, &status, err) < 0)
		return vz_err_wrap(err, "script '%s'", s->script->name);
	lseek(out, 0, SEEK_SET);
	if (vz_read_fd(out, 64 << 20, s->log, err) < 0)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return vz_err_set(err, VZ_SCRIPT, "the recipe's script '%s' failed with status %d", s->script->name,
				  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

/* A program that makes a generated file of all there is. */
static int run_program(const struct vz_stage *s, const char *const *argv, int root, struct vz_err *err)
{
	auto_fd int out = memfd_create("output", MFD_CLOEXEC);
	const struct vz_enter e = {
		.root_fd = root, .argv = argv, .stdin_fd = -1, .stdout_fd = out, .stderr_fd = out, .private_network = true, .build = true,
		.timeout_seconds = vz_configure_seconds(),
	};
	int status = 0;

	if (out < 0)
		return vz_err_sys(err, "make a memory file");
	if (vz_enter_run(&e, &status, err) < 0)
		return vz_err_wrap(err, "'%s'", argv[0]);
	lseek(out, 0, SEEK_SET);
	if (vz_read_fd(out, 64 << 20, s->log, err) < 0)
		return -1;
	if (status)
		vz_report_note(s->report, "application '%s': '%s', which makes generated files anew, failed", s->recording->name, argv[0]);
	return 0;
}

/* What finds shared libraries is told of new ones in any case. */
static int run_programs(const struct vz_stage *s, const struct vz_merge_again *again, const struct vz_tree *tree, int root,
			struct vz_err *err)
{
	static const char *const ldconfig[] = { "ldconfig", NULL };

	if (vz_tree_lookup(tree, "/sbin/ldconfig", true) && run_program(s, ldconfig, root, err) < 0)
		return -1;
	for (size_t i = 0; i < again->n; i++)
		if (strcmp(again->argv[i][0], ldconfig[0]) != 0 && run_program(s, again->argv[i], root, err) < 0)
			return -1;
	return 0;
}

/* What scripts do to the tree is taken from the area above it. */
static int run_and_capture(struct vz_stage *s, const struct vz_configure_ops *ops, const struct vz_configure *c,
			   struct vz_tree *tree, struct vz_err *err)
{
	__attribute__((cleanup(scratch_close))) struct scratch w = { -1, -1, -1, -1, -1 };
	struct vz_capture capture = { .store = s->store, .date = s->date };
	int rc;

	vz_tree_count_links(tree);
	if (scratch_open(s, tree, &w, err) < 0)
		return -1;
	if (s->recording)
		rc = run_programs(s, &s->again_inside, tree, w.root, err);
	else
		rc = s->script ? run_script(s, w.root, err) : ops->run(c, w.root, err);
	if (rc < 0)
		return -1;
	close(steal_fd(&w.root));        /* unmounts; the upper is read as plain directories */
	vz_report_debug(s->report, "capturing what the scripts did");
	capture.upper_fd = w.upper;
	if (vz_capture(&capture, tree, err) < 0 || ops->settle(c, tree, err) < 0)
		return -1;
	s->new_bytes += capture.new_bytes;
	/* before the store is synced, which would write all this out */
	return vz_remove_tree(vz_store_stage(s->store, err), "scratch", err);
}

static int configure(struct vz_stage *s, const struct vz_compose_package *packages, struct vz_tree *tree,
		     struct vz_err *err)
{
	const struct vz_configure_ops *ops = vz_configure_ops(s->family);
	struct vz_configure c = {
		.store = s->store, .parent = s->parent ? s->parent->tree : NULL, .packages = packages,
		.n = s->n_packages, .arch = s->arch, .date = s->date, .log = s->log, .report = s->report,
	};
	int rc = 0;

	if (!ops)
		return vz_err_set(err, VZ_FAILED, "packages of family '%s' cannot be configured", s->family);
	if (s->n_packages || s->script || s->recording) {
		rc = s->n_packages ? ops->prepare(&c, tree, err) : 0;
		if (rc == 0)
			rc = run_and_capture(s, ops, &c, tree, err);
	}
	if (rc == 0 && s->sources && ops->sources)
		rc = ops->sources(&c, s->sources, tree, err);
	if (ops->release)
		ops->release(&c);
	return rc;
}

/* What was captured elsewhere is put on the tree. */
static int apply_recording(struct vz_stage *s, struct vz_tree *tree, struct vz_err *err)
{
	auto_tree struct vz_tree *recording = vz_store_image_tree(s->store, &s->recording->image, err);
	struct vz_recording_apply a = {
		.store = s->store, .family = s->family, .recording = recording, .tree = tree, .log = s->log,
	};

	vz_report_stage(s->report, "adding what was captured as '%s'", s->recording->name);
	vz_tree_count_links(tree);
	if (!recording || vz_recording_apply(&a, err) < 0)
		return vz_err_wrap(err, "application '%s'", s->recording->name);
	s->again_inside = a.again;
	return 0;
}

static int build(struct vz_stage *s, const struct vz_compose_package *packages, struct vz_err *err)
{
	auto_tree struct vz_tree *tree = s->parent ? vz_tree_copy(s->parent->tree) : vz_tree_new();
	struct vz_compose compose = {
		.family = s->family, .store = s->store, .tree = tree, .packages = packages, .n = s->n_packages, .date = s->date,
	};
	auto_buf struct vz_buf image = {0};

	if (s->script)
		vz_report_stage(s->report, "running the recipe's script '%s'", s->script->name);
	else if (s->n_packages)
		vz_report_stage(s->report, "configuring %zu packages%s", s->n_packages, s->parent ? "" : " of the base");
	if (vz_compose(&compose, err) < 0 || (s->recording && apply_recording(s, tree, err) < 0) ||
	    configure(s, packages, tree, err) < 0 ||
	    (s->ids && vz_ids_map(s->store, tree, s->ids, err) < 0))
		return -1;
	vz_tree_count_links(tree);
	if (vz_image_write(tree, NULL, &image, err) < 0 ||
	    vz_store_put_image(s->store, image.data, image.len, &s->image, err) < 0)
		return -1;
	s->image_size = image.len;
	s->tree = steal(&tree);
	return 0;
}

static int run(struct vz_stage *s, const struct vz_compose_package *packages, struct vz_err *err)
{
	auto_fd int lock = -1;

	s->date = stage_date(s, packages);
	stage_key(s);
	if (!s->again && find_known(s))
		return 0;
	lock = vz_store_lock(s->store, "composition", s->key, true, err);
	if (lock < 0)
		return -1;
	if (!s->again && find_known(s))  /* another builder may just have made it */
		return 0;
	if (vz_interrupted(err) < 0)
		return -1;
	if (s->parent && !vz_stage_tree((struct vz_stage *)s->parent, err))
		return -1;
	return build(s, packages, err);
}

int vz_stage_run(struct vz_stage *s, struct vz_err *err)
{
	struct vz_compose_package *packages = vz_alloc((s->n_packages + 1) * sizeof *packages);
	struct vz_record **records = vz_alloc((s->n_packages + 1) * sizeof *records);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < s->n_packages; i++) {
		const struct vz_plan_package *p = s->packages[i];

		records[i] = vz_record_read(s->store, p->digest, err);
		packages[i] = (struct vz_compose_package){ p->name, p->version, p->arch, records[i] };
		if (!records[i])
			rc = vz_err_wrap(err, "package '%s'", p->name);
	}
	if (rc == 0)
		rc = run(s, packages, err);
	for (size_t i = 0; i < s->n_packages; i++)
		vz_record_free(records[i]);
	free(records);
	free(packages);
	return rc;
}
