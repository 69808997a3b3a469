/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What apt inside a template is told of the recipe's repositories. */
#include "tests/unit/gpg.h"

#include "builder/configure.h"
#include "builder/content.h"
#include "store/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

#define REPO(id, url, more) "[repository " id "]\ntype = deb\nurl = " url "\nsuite = stable/updates\ncomponents = main contrib\n" more "\n"
#define UNSIGNED "trust = unsigned"
#define APT "d /etc\nd /etc/apt\n"
#define SOURCE(url, trust) "Types: deb\nURIs: " url "\nSuites: stable/updates\nComponents: main contrib\n" trust "\n"

struct fixture {
	char *dir;
	struct vz_store *store;
	struct vz_tree *tree;
	struct vz_recipe *recipe;
	struct vz_sources sources;
};

/* @DIR@ in `repos` is the directory, for keys and mirror lists. */
static int tell(struct fixture *f, const char *repos, const char *tree)
{
	auto_buf struct vz_buf text = {0};
	auto_free char *root = NULL, *path = NULL;
	const char *at;
	struct vz_configure c = { .date = 1000 };

	f->dir = scratch_new();
	root = vz_printf("%s/store", f->dir);
	path = vz_printf("%s/t.recipe", f->dir);
	c.store = f->store = vz_store_open(root, VZ_STORE_CHANGE, &err);
	f->tree = trees_read(tree);
	vz_buf_puts(&text, "[template]\nname = t\nkind = os\n");
	for (; (at = strstr(repos, "@DIR@")); repos = at + 5) {
		vz_buf_add(&text, repos, (size_t)(at - repos));
		vz_buf_puts(&text, f->dir);
	}
	vz_buf_puts(&text, repos);
	f->recipe = vz_recipe_parse(text.data, text.len, path, &err);
	ck_assert_msg(f->recipe != NULL, "%s", err.msg);
	if (vz_sources_read(f->recipe, NULL, false, &f->sources, &err) < 0)
		return -1;
	return vz_configure_ops("deb")->sources(&c, &f->sources, f->tree, &err);
}

static void file_is(const struct fixture *f, const char *path, const char *expected)
{
	struct vz_node *n = vz_tree_find(f->tree, path);
	auto_buf struct vz_buf b = {0};

	must(vz_content_read(f->store, f->tree, path, &b, &err));
	ck_assert_msg(b.data && strcmp(b.data, expected) == 0, "%s: '%s'", path, b.data ? b.data : "");
	ck_assert_uint_eq(n->mode, S_IFREG | 0644);
	ck_assert_int_eq(n->mtime, 1000);
}

static void finish(struct fixture *f)
{
	vz_sources_release(&f->sources);
	vz_recipe_free(f->recipe);
	vz_tree_free(f->tree);
	vz_store_close(f->store);
	scratch_free(&f->dir);
}

/* Only what is the same wherever the recipe is used. */
START_TEST(test_address)
{
	struct fixture f = {0};

	must(tell(&f, REPO("plain", "file:///srv/debian http://u:secret@one.example/d/ https://two.example/d", UNSIGNED)
		  REPO("here", "file:///srv/debian", UNSIGNED)
		  REPO("host", "mirror:debian", UNSIGNED "\nsources = https://public.example/debian")
		  REPO("quiet", "https://one.example/x", UNSIGNED "\nsources = no")
		  REPO("past", "https://one.example/20251101T000000Z", UNSIGNED "\nvalid-until = ignore")
		  REPO("list", "mirror:no-such-list https://last.example/d", UNSIGNED), APT));
	file_is(&f, "/etc/apt/sources.list.d/plain.sources", SOURCE("http://one.example/d", "Trusted: yes"));
	file_is(&f, "/etc/apt/sources.list.d/host.sources", SOURCE("https://public.example/debian", "Trusted: yes"));
	file_is(&f, "/etc/apt/sources.list.d/list.sources", SOURCE("https://last.example/d", "Trusted: yes"));
	file_is(&f, "/etc/apt/sources.list.d/past.sources",
		SOURCE("https://one.example/20251101T000000Z", "Check-Valid-Until: no\nTrusted: yes"));
	ck_assert_uint_eq(vz_tree_find(f.tree, "/etc/apt/sources.list.d")->n_children, 4);
	finish(&f);
}
END_TEST

/* What is there stays, and who has no apt needs nothing. */
START_TEST(test_there)
{
	struct fixture f = {0}, none = {0};

	must(tell(&f, REPO("main", "http://one.example/d", UNSIGNED),
		  APT "d /etc/apt/sources.list.d\nf /etc/apt/sources.list.d/main.sources theirs~\n"));
	trees_equal(f.tree, APT "d /etc/apt/sources.list.d\nf /etc/apt/sources.list.d/main.sources theirs~\n");
	must(tell(&none, REPO("main", "http://one.example/d", UNSIGNED), "d /etc\n"));
	trees_equal(none.tree, "d /etc\n");
	finish(&none);
	finish(&f);
}
END_TEST

START_TEST(test_key)
{
	auto_buf struct vz_buf key = {0}, other = {0}, both = {0};
	auto_free char *path = NULL, *recipe = NULL, *fingerprint = NULL;
	struct fixture f = {0}, absent = {0};
	auto_buf struct vz_buf list = {0}, copy = {0};

	gpg_setup();
	path = vz_printf("%s/both.gpg", gpg_home);
	run_gpg(NULL, NULL, "--quick-generate-key", "one@example.org", "ed25519", "sign", "never");
	run_gpg(NULL, NULL, "--quick-generate-key", "two@example.org", "ed25519", "sign", "never");
	run_gpg(NULL, &key, "--export", "one@example.org");
	run_gpg(NULL, &other, "--export", "two@example.org");
	run_gpg(NULL, &list, "--with-colons", "--list-keys", "two@example.org");
	fingerprint = vz_strndup(strstr(list.data, "fpr:::::::::") + 12, 40);
	vz_buf_add(&both, key.data, key.len);
	vz_buf_add(&both, other.data, other.len);
	must(vz_write_file(AT_FDCWD, path, both.data, both.len, 0600, &err));

	/* the system's own keyring; a copy; a copy of what counts; one that is not there and not needed */
	recipe = vz_printf(REPO("own", "http://one.example/d", "key = /usr/share/keyrings/own.gpg")
			   REPO("copy", "http://one.example/d", "key = %s")
			   REPO("pinned", "http://one.example/d", "key = %s\nfingerprint = %s"), path, path, fingerprint);
	must(tell(&f, recipe, APT "d /usr\nd /usr/share\nd /usr/share/keyrings\nf /usr/share/keyrings/own.gpg key\n"));
	file_is(&f, "/etc/apt/sources.list.d/own.sources", SOURCE("http://one.example/d", "Signed-By: /usr/share/keyrings/own.gpg"));
	file_is(&f, "/etc/apt/sources.list.d/copy.sources", SOURCE("http://one.example/d", "Signed-By: /etc/apt/keyrings/copy.gpg"));
	must(vz_content_read(f.store, f.tree, "/etc/apt/keyrings/copy.gpg", &copy, &err));
	ck_assert_uint_eq(copy.len, both.len);
	ck_assert_mem_eq(copy.data, both.data, both.len);
	vz_buf_clear(&copy);
	must(vz_content_read(f.store, f.tree, "/etc/apt/keyrings/pinned.gpg", &copy, &err));
	ck_assert_uint_eq(copy.len, other.len);
	ck_assert_mem_eq(copy.data, other.data, other.len);
	ck_assert_ptr_null(vz_tree_find(f.tree, "/etc/apt/keyrings/own.gpg"));
	finish(&f);

	must_fail(tell(&absent, REPO("main", "http://one.example/d", "key = keys/absent.gpg"), APT), VZ_NOTFOUND,
		  "sources of repository 'main': ");
	finish(&absent);
	gpg_teardown();
}
END_TEST

/* A stage's key tells apart what its files would. */
START_TEST(test_describe)
{
	static const char *const repos[] = {
		REPO("main", "http://one.example/d", UNSIGNED), REPO("main", "http://two.example/d", UNSIGNED),
		REPO("more", "http://one.example/d", UNSIGNED), REPO("main", "http://one.example/d", "key = /k"),
		REPO("main", "http://one.example/d", UNSIGNED) REPO("two", "http://one.example/d", UNSIGNED),
	};
	struct vz_buf said[5] = {0};

	for (size_t i = 0; i < 5; i++) {
		struct fixture f = {0};

		tell(&f, repos[i], APT);
		vz_sources_describe(&f.sources, &said[i]);
		finish(&f);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(said[i].data, said[k].data);
	}
	for (size_t i = 0; i < 5; i++)
		vz_buf_release(&said[i]);
}
END_TEST

UNIT_MAIN("sources", test_address, test_there, test_key, test_describe)
