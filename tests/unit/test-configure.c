/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DEB family's configure on a small system whose dpkg is a script of ours:
 * what it is given, what becomes of failures, what is left afterwards.
 */
#include "tests/unit/root.h"

#include "builder/capture.h"
#include "builder/configure_deb.h"
#include "builder/content.h"
#include "builder/waiting.h"
#include "link/mount.h"
#include "tests/unit/trees.h"

#define DPKG "/var/lib/dpkg"
#define OK "while read line; do case $line in Status:*) echo Status: install ok installed;; *) echo \"$line\";; esac; done" \
	" <" DPKG "/status >/status.new; cat /status.new >" DPKG "/status; rm /status.new\n"

struct fixture {
	struct root root;
	struct vz_tree *tree;
	struct vz_compose_package packages[4];
	struct vz_buf log;
	struct vz_configure c;
};

static void put(struct fixture *f, const char *path, uint32_t mode, const char *text)
{
	const struct vz_content_file file = { path, mode, 100, text, strlen(text) };
	struct vz_err err;

	must(vz_content_write(f->root.store, f->tree, &file, &err));
}

static void text_is(struct fixture *f, const char *path, const char *expected)
{
	auto_buf struct vz_buf b = {0};
	struct vz_err err;

	must(vz_content_read(f->root.store, f->tree, path, &b, &err));
	ck_assert_msg(b.data && strcmp(b.data, expected) == 0, "%s: '%s'", path, b.data ? b.data : "");
}

static void start(struct fixture *f, const char *dpkg)
{
	auto_free char *script = vz_printf("#!/bin/sh\n%s", dpkg);

	*f = (struct fixture){ .root = root_new(), .tree = vz_tree_new() };
	root_tree(&f->root, f->tree);
	put(f, "/usr/bin/dpkg", 0755, script);
	f->c = (struct vz_configure){ .store = f->root.store, .packages = f->packages, .arch = "amd64", .date = 1000,
				      .log = &f->log };
}

static void finish(struct fixture *f)
{
	for (size_t i = 0; i < f->c.n; i++)
		vz_record_free((struct vz_record *)f->packages[i].record);
	vz_tree_free(f->tree);
	vz_buf_release(&f->log);
	root_release(&f->root);
}

/* A package as compose would have left it; `files` as in trees.h, for triggers. */
static void add(struct fixture *f, const char *name, const char *preinst, const char *triggers, const char *files)
{
	struct vz_record *r = vz_record_new("deb");
	auto_free char *control = vz_printf("Package: %s\nVersion: 1\nArchitecture: all\n", name);
	auto_free char *info = vz_printf(DPKG "/info/%s.preinst", name);

	vz_record_add(r, "control", control, strlen(control));
	if (preinst) {
		vz_record_add(r, "preinst", preinst, strlen(preinst));
		put(f, info, 0755, preinst);
	}
	if (triggers)
		vz_record_add(r, "triggers", triggers, strlen(triggers));
	vz_tree_free(r->tree);
	r->tree = trees_read(files);
	f->packages[f->c.n++] = (struct vz_compose_package){ name, "1", "all", r };
}

static int prepare(struct fixture *f, struct vz_err *err)
{
	return vz_configure_ops("deb")->prepare(&f->c, f->tree, err);
}

/* Everything from prepare to settle. */
static int configure(struct fixture *f, struct vz_err *err)
{
	const struct vz_configure_ops *ops = vz_configure_ops("deb");
	int upper = root_dir(&f->root, "upper"), work = root_dir(&f->root, "work"), root, rc;
	struct vz_capture capture = { .store = f->root.store, .upper_fd = upper, .date = 1000 };
	struct vz_mount_plan plan = { .image_fd = -1, .upper_fd = upper, .work_fd = work, .volatile_upper = true };

	ck_assert_msg(prepare(f, err) == 0, "%s", err->msg);
	vz_tree_count_links(f->tree);
	root_image(&f->root, f->tree);
	plan.image = f->root.image;
	root = vz_mount_new(f->root.store, &plan, err);
	ck_assert_msg(root >= 0, "%s", err->msg);
	rc = ops->run(&f->c, root, err);
	close(root);
	close(work);
	if (rc == 0 && vz_capture(&capture, f->tree, err) == 0)
		rc = ops->settle(&f->c, f->tree, err);
	close(upper);
	return rc;
}

START_TEST(test_database)
{
	struct fixture f;
	struct vz_err err;

	start(&f, "");
	put(&f, DPKG "/status", 0644, "Package: old\nStatus: install ok installed\nVersion: 3\nArchitecture: amd64\n\n");
	put(&f, DPKG "/triggers/File", 0644, "/usr/share/icons old/noawait\n/usr/share/man old\n/unmet old\n");
	put(&f, "/usr/share/base-passwd/passwd.master", 0644, "root::0\n");
	add(&f, "a", NULL, "interest ldconfig\ninterest-noawait /etc/x\nactivate y\n",
	    "d /usr\nd /usr/share\nd /usr/share/man\nf /usr/share/man/a text\n");
	add(&f, "b", NULL, "interest-noawait ldconfig\n", "d /usr\nd /usr/share\nd /usr/share/man\nd /usr/share/icons\n");
	must(prepare(&f, &err));
	text_is(&f, DPKG "/status",
		"Package: old\nStatus: install ok installed\nVersion: 3\nArchitecture: amd64\n\n"
		"Package: a\nStatus: install ok unpacked\nVersion: 1\nArchitecture: all\n\n"
		"Package: b\nStatus: install ok unpacked\nVersion: 1\nArchitecture: all\n\n");
	text_is(&f, DPKG "/triggers/File",
		"/usr/share/icons old/noawait\n/usr/share/man old\n/unmet old\n/etc/x a/noawait\n");
	text_is(&f, DPKG "/triggers/ldconfig", "a\nb/noawait\n");
	text_is(&f, DPKG "/triggers/Unincorp", "/usr/share/icons -\n/usr/share/man a b\n");
	text_is(&f, "/etc/passwd", "root::0\n");
	ck_assert_ptr_null(vz_tree_find(f.tree, DPKG "/triggers/y"));
	ck_assert_uint_eq(vz_tree_find(f.tree, "/run/lock")->mode, S_IFDIR | 01777);
	finish(&f);
}
END_TEST

START_TEST(test_refused)
{
	static const char old[] = "Package: a\nStatus: install ok installed\nVersion: 3\nArchitecture: all\n\n";
	struct fixture f;
	struct vz_err err;

	start(&f, "");
	put(&f, DPKG "/status", 0644, old);
	add(&f, "a", NULL, NULL, "");
	must_fail(prepare(&f, &err), VZ_FAILED, "package 'a': it is installed in the parent already");
	f.packages[0].version = "2";
	must_fail(prepare(&f, &err), VZ_FAILED, "package 'a': its control file is of another package");
	finish(&f);
	start(&f, "");
	add(&f, "a", NULL, "interest ../../x\n", "");
	must_fail(prepare(&f, &err), VZ_FAILED, "package 'a': malformed trigger name");
	finish(&f);
}
END_TEST

START_TEST(test_configured)
{
	struct fixture f;
	struct vz_err err;

	start(&f, "echo \"status: a: installed\" >&9\necho \"$@ $SOURCE_DATE_EPOCH\"\n" OK
		  "/usr/sbin/policy-rc.d\necho policy $?; echo x >/etc/passwd-; echo x >/etc/kept; echo x >" DPKG "/lock\n"
		  "mkdir -p /var/log; cd /var/log; echo x >filled; : >empty; ln -s ../x link\n");
	add(&f, "a", "#!/bin/sh\necho $DPKG_MAINTSCRIPT_PACKAGE $DPKG_MAINTSCRIPT_NAME $* >/etc/seen\n"
		     "echo $0; grep ^Package: ${0%/*}/control\n"
		     "read x && echo input; echo x >/run/x\necho said by a\n", NULL, "");
	add(&f, "b", NULL, NULL, "");
	if (configure(&f, &err) < 0)
		ck_abort_msg("%s: %s", err.msg, f.log.data);
	text_is(&f, "/etc/seen", "a preinst install\n");
	text_is(&f, "/etc/kept", "x\n");
	ck_assert_ptr_null(vz_tree_find(f.tree, "/etc/passwd-"));
	ck_assert_ptr_null(vz_tree_find(f.tree, DPKG "/lock"));
	ck_assert_ptr_null(vz_tree_find(f.tree, "/usr/sbin/policy-rc.d"));
	ck_assert_ptr_null(vz_tree_find(f.tree, "/var/log/filled"));
	ck_assert_ptr_nonnull(vz_tree_find(f.tree, "/var/log/empty"));
	ck_assert_ptr_nonnull(vz_tree_find(f.tree, "/var/log/link"));
	ck_assert_ptr_nonnull(vz_tree_find(f.tree, "/etc/resolv.conf"));
	ck_assert_ptr_null(vz_tree_find(f.tree, DPKG "/tmp.ci"));
	ck_assert_str_eq(f.log.data, DPKG "/tmp.ci/preinst\nPackage: a\nsaid by a\n"
				     "--status-fd 9 --abort-after=1 --force-unsafe-io,confdef,confold --configure -a 1000\npolicy 101\n");
	finish(&f);
}
END_TEST

/* What cannot do anything is not run; all else is, from where dpkg would. */
START_TEST(test_preinst_runs)
{
	static const char *const idle[] = {
		"#!/bin/sh\nset -e\n# Automatically added\n"
			"dpkg-maintscript-helper rm_conffile /etc/x 1.2\\~ -- \"$@\"\n\n  exit 0  \n",
		"#!/bin/sh -e\n\tdpkg-maintscript-helper  dir_to_symlink /a/b ../c 2:1.0\\+x\\~ pkg -- \"$@\"\n"
			"dpkg-maintscript-helper mv_conffile /a /b -- \"$@\"\ndpkg-maintscript-helper symlink_to_dir /a /b 1 -- \"$@\"",
		"#!/bin/sh\n",
	};
	static const char *const busy[] = {
		"", "echo\n", "\n#!/bin/sh\n", "#!/bin/bash\n", "#!/bin/sh\necho\n", "#!/bin/sh\nexit 1\n",
		"#!/bin/sh\ndpkg-maintscript-helper rm_conffile /etc/x 1.2\n",
		"#!/bin/sh\ndpkg-maintscript-helper rm_conffile /etc/x 1 -- \"$@\" || rm -rf /\n",
		"#!/bin/sh\ndpkg-maintscript-helper rm_conffile /etc/$(date) 1 -- \"$@\"\n",
		"#!/bin/sh\ndpkg-maintscript-helper rm_conffile /etc/x 1 -- \\\n\"$@\"\n",
		"#!/bin/sh\ndpkg-maintscript-helper rm_conffile /etc/x;reboot -- \"$@\"\n",
		"#!/bin/sh\ndpkg-maintscript-helper supports rm_conffile -- \"$@\"\n",
		"#!/bin/sh\ndpkg-maintscript-helper rm_conffiles /etc/x 1 -- \"$@\"\n",
		"#!/bin/sh\ndpkg-maintscript-helpers rm_conffile /etc/x 1 -- \"$@\"\n",
	};
	const size_t n_idle = sizeof idle / sizeof *idle, n_busy = sizeof busy / sizeof *busy;

	for (size_t i = 0; i < n_idle + n_busy; i++) {
		const char *text = i < n_idle ? idle[i] : busy[i - n_idle];
		auto_record struct vz_record *r = vz_record_new("deb");
		const struct vz_compose_package p = { "a", "1", "all", r };

		ck_assert(!vz_deb_preinst_runs(&p));
		vz_record_add(r, "preinst", text, strlen(text));
		ck_assert_msg(vz_deb_preinst_runs(&p) == (i >= n_idle), "%s", text);
		setenv("VZPKG_PLAIN_SCRIPTS", "1", 1);
		ck_assert(vz_deb_preinst_runs(&p));
		unsetenv("VZPKG_PLAIN_SCRIPTS");
	}
}
END_TEST

START_TEST(test_preinst_fails)
{
	struct fixture f;
	struct vz_err err;

	start(&f, "echo dpkg ran\n");
	add(&f, "good", "#!/bin/sh\nexit 0\n", NULL, "");
	add(&f, "bad", "#!/bin/sh\necho a reason >&2\nexit 3\n", NULL, "");
	must_fail(configure(&f, &err), VZ_SCRIPT, "package 'bad': preinst ended with status 3");
	ck_assert_msg(strstr(err.hint, "a reason"), "%s", err.hint);
	ck_assert_str_eq(f.log.data, "a reason\n");
	finish(&f);
}
END_TEST

/* `a` and `b` both ship /etc/x; b's preinst moves a's file away, or does not. */
static void add_rivals(struct fixture *f, const char *preinst)
{
	add(f, "a", NULL, NULL, "");
	add(f, "b", preinst, NULL, "");
	put(f, "/etc/x y", 0644, "of a");
	put(f, VZ_WAITING_DIR "/b:all/0", 0644, "of b");
	put(f, VZ_WAITING_DIR "/b:all/list", 0644, "0\n/etc/x y\n/etc/x y\na\n");
}

START_TEST(test_diverted_by_preinst)
{
	struct fixture f;
	struct vz_err err;

	start(&f, OK);
	add_rivals(&f, "#!/bin/sh\nmv '/etc/x y' /etc/x.distrib\n");
	if (configure(&f, &err) < 0)
		ck_abort_msg("%s: %s", err.msg, f.log.data);
	text_is(&f, "/etc/x y", "of b");
	text_is(&f, "/etc/x.distrib", "of a");
	ck_assert_ptr_null(vz_tree_find(f.tree, VZ_WAITING_DIR));
	finish(&f);
	start(&f, OK);
	add_rivals(&f, "#!/bin/sh\n: dpkg-divert of something else\n");
	must_fail(configure(&f, &err), VZ_SCRIPT, "package 'b': package 'a' ships '/etc/x y' too");
	finish(&f);
}
END_TEST

START_TEST(test_dpkg_fails)
{
	struct fixture f;
	struct vz_err err;

	start(&f, "echo 'status: a: half-configured' >&9\necho 'status: a:all : error : script says no' >&9\nexit 1\n");
	add(&f, "a", NULL, NULL, "");
	must_fail(configure(&f, &err), VZ_SCRIPT, "package 'a:all': script says no");
	finish(&f);
	start(&f, "echo 'processing: configure: a' >&9\nkill -9 $$\n");
	add(&f, "a", NULL, NULL, "");
	must_fail(configure(&f, &err), VZ_SCRIPT, "at 'configure: a' with status 137");
	finish(&f);
	start(&f, "exit 0\n");
	add(&f, "a", NULL, NULL, "");
	must_fail(configure(&f, &err), VZ_SCRIPT, "package 'a' was left in state 'install ok unpacked'");
	finish(&f);
}
END_TEST

START_TEST(test_endless_output)
{
	struct fixture f;
	struct vz_err err;

	start(&f, "head -c 20000000 /dev/zero >&2\nexit 1\n");
	add(&f, "a", NULL, NULL, "");
	must_fail(configure(&f, &err), VZ_SCRIPT, "");
	ck_assert_uint_le(f.log.len, (16 << 20) + 100);
	finish(&f);
}
END_TEST

START_TEST(test_family)
{
	ck_assert_ptr_null(vz_configure_ops("none"));
}
END_TEST

UNIT_MAIN("configure", test_database, test_refused, test_configured, test_preinst_runs, test_preinst_fails,
	  test_diverted_by_preinst, test_dpkg_fails, test_endless_output, test_family)
