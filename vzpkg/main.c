/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/proc.h"
#include "config.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

const struct vz_command vz_commands[] = {
	{ "create", "template", "RECIPE [--lock FILE]",
	  "Build a template from a recipe (a file, an EZ template, or a name on the recipe path), and publish its next version.",
	  vz_cmd_create_template },
	{ "create", "env", "ENV TEMPLATE[@VERSION] [--app APP]... [--package PACKAGE]...",
	  "Make an environment from an OS template, with applications and single packages if wanted.", vz_cmd_create_env },
	{ "install", NULL, "ENV APP... | ENV -p PACKAGE... | ENV FILE.deb|FILE.rpm...",
	  "Add applications, single packages or package files to an environment, running or not.", vz_cmd_install },
	{ "update", "template", "[NAME...|--all] [--security]",
	  "Resolve against fresh metadata; publish a new version only if something changed.", vz_cmd_update_template },
	{ "update", NULL, "ENV...|--all [--security]",
	  "Move environments, running or not, to the newest versions of their templates and packages.",
	  vz_cmd_update_env },
	{ "fetch", NULL, "NAME...|--all", "Refresh metadata and download the packages that an update of templates would need.",
	  vz_cmd_fetch },
	{ "auto-update", NULL, "[--jobs N] [--canary PERCENT] [--load N]",
	  "The scheduled run: update templates, move the environments that follow them, check health, undo what fails.",
	  vz_cmd_auto_update },
	{ "upgrade", NULL, "ENV TEMPLATE[@VERSION]", "Move an environment onto another OS template of its family.", vz_cmd_upgrade },
	{ "rollback", "template", "NAME [VERSION]", "Make an earlier version current again.", vz_cmd_rollback_template },
	{ "rollback", NULL, "ENV [GENERATION]|--all", "Move environments back to an earlier generation.", vz_cmd_rollback_env },
	{ "remove", "template", "NAME[@VERSION]", "Remove a template or one version; refused while an environment uses it.",
	  vz_cmd_remove_template },
	{ "remove", "env", "ENV", "Remove an environment and its private area.", vz_cmd_remove_env },
	{ "remove", NULL, "ENV APP... | ENV -p PACKAGE...",
	  "Take applications or single packages from an environment, and what only they needed.", vz_cmd_remove_added },
	{ "list", NULL, "[--os|--app|--envs|--versions NAME|--available]", "List templates, environments, versions, recipes.",
	  vz_cmd_list },
	{ "info", NULL, "NAME[@VERSION] [--packages|--files|--lock|--log]", "Tell about a template or an environment.",
	  vz_cmd_info },
	{ "diff", NULL, "NAME[@VERSION] NAME[@VERSION] [--files] [--changelog]",
	  "Tell what changes from one version of a template to another.", vz_cmd_diff },
	{ "dump", NULL, "NAME[@VERSION]", "Print a template's tree as composefs-dump text.", vz_cmd_dump },
	{ "status", NULL, "[ENV...]", "Tell which environments run, and which are out of date.", vz_cmd_status },
	{ "history", NULL, "ENV | --auto", "List an environment's generations: when, and why; or scheduled updates, and what they did.",
	  vz_cmd_history },
	{ "mount", NULL, "ENV [DIR]", "Mount an environment, at its own directory or at DIR.", vz_cmd_mount },
	{ "umount", NULL, "ENV", "Unmount it.", vz_cmd_umount },
	{ "exec", NULL, "ENV -- COMMAND [ARGUMENT...]", "Run a command in an environment.", vz_cmd_exec },
	{ "start", NULL, "ENV [--no-command | -- COMMAND [ARGUMENT...]] | --all",
	  "Start an environment: with the command given, or the one it had, or nothing but an init to be joined.", vz_cmd_start },
	{ "stop", NULL, "ENV...|--all [--time SECONDS]",
	  "Stop environments; with --all, so that 'start --all' starts them again.", vz_cmd_stop },
	{ "set", NULL, "ENV [--cpus N] [--memory SIZE] [--pids N] [--io-weight N] [--follow yes|no] [--hostname NAME]",
	  "Set an environment's limits and host name, and whether scheduled updates move it; show them.", vz_cmd_set },
	{ "clean", NULL, "", "Remove what no kept version, environment or generation needs; says what that frees.", vz_cmd_clean },
	{ "df", NULL, "[ENV...]", "Tell what the store takes, and what of that is an environment's own, shared, or freed with it.",
	  vz_cmd_df },
	{ "verify", NULL, "[--repair] [--quick]", "Check every object, image, manifest and record; tell what depends on what is wrong, or mend it.",
	  vz_cmd_verify },
	{ "clone", NULL, "ENV NEW", "Make an environment like another, running or not, sharing what is private, too.", vz_cmd_clone },
	{ "link", NULL, "ENV...|--all", "Fold private files of environments that are not in use into the store, where equal ones are kept once.",
	  vz_cmd_link },
	{ "vzcache", NULL, "ENV...|--all", "The same, by its name in the original.", vz_cmd_link },
	{ "capture", NULL, "ENV NAME [--include PATH]... [--exclude PATH]... [--summary TEXT]",
	  "Make an application of what was installed in an environment by other programs.", vz_cmd_capture },
	{ "backup", NULL, "ENV FILE", "Write what no repository can give back of an environment to a file.", vz_cmd_backup },
	{ "restore", NULL, "FILE|- [ENV]", "Make an environment from a backup, with packages from here or their repositories.",
	  vz_cmd_restore },
	{ "migrate", NULL, "ENV [USER@]HOST [--keep] [--command PATH]",
	  "Move an environment, running or not, to another host, over ssh.", vz_cmd_migrate },
	{ "export", NULL, "NAME[@VERSION]|ENV --format oci|tar|composefs|ez|recipe FILE [--compress gzip|zstd|none]",
	  "Write a template or an environment for other tools, or a recipe, also as an EZ template of the original.", vz_cmd_export },
	{ "import", NULL, "FILE|DIR [--name NAME]",
	  "Publish what an OCI image layout or a composefs directory holds as a template's next version.", vz_cmd_import },
	{ "push", NULL, "NAME[@VERSION]|ENV HOST[:PORT]/REPOSITORY[:TAG] [--sign KEY] [--plain-http]",
	  "Send a template, or an environment as one, to an OCI registry: what that does not have yet.", vz_cmd_push },
	{ "pull", NULL, "HOST[:PORT]/REPOSITORY[:TAG][@DIGEST] --key KEY|--unsigned [--name NAME] [--plain-http]",
	  "Fetch a template from an OCI registry, what is not here yet, and publish its next version.", vz_cmd_pull },
	{ "image", NULL, "--from-dump FILE OUT | --digest FILE", "Write an image from a dump; print an image's fs-verity digest.",
	  vz_cmd_image },
	{ 0 },
};

enum { OPT_ROOT = 256, OPT_RECIPES, OPT_JSON, OPT_NO_PROGRESS, OPT_OFFLINE, OPT_HELP, OPT_VERSION, OPT_OWN };

static const struct option global_options[] = {
	{ "root", required_argument, NULL, OPT_ROOT },      { "recipes", required_argument, NULL, OPT_RECIPES },
	{ "json", no_argument, NULL, OPT_JSON },            { "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },              { "dry-run", no_argument, NULL, 'n' },
	{ "yes", no_argument, NULL, 'y' },                  { "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "offline", no_argument, NULL, OPT_OFFLINE },      { "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },      { 0 },
};
#define N_GLOBAL (sizeof global_options / sizeof *global_options - 1)
#define GLOBAL_LETTERS "qvnyh"
#define MAX_OWN 8

static void add_dir(struct vz_cli *cli, const char *dir)
{
	vz_grow(cli->recipe_dirs, cli->n_dirs + 1, cli->cap_dirs);
	cli->recipe_dirs[cli->n_dirs++] = dir;
	cli->recipe_dirs[cli->n_dirs] = NULL;
}

static void add_mirror_dir(struct vz_cli *cli, const char *recipes)
{
	vz_grow(cli->mirror_dirs, cli->n_mirror_dirs + 1, cli->cap_mirror_dirs);
	cli->mirror_dirs[cli->n_mirror_dirs++] = vz_printf("%s/mirrors", recipes);
	cli->mirror_dirs[cli->n_mirror_dirs] = NULL;
}

/* The administrator's, then the installed set, or the source tree's where the
 * command stands in one: TREE/vzpkg/vzpkg, or TREE/build/vzpkg/vzpkg. */
static void add_standard_dirs(struct vz_cli *cli)
{
	static char dir[PATH_MAX];
	char exe[2048], candidate[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *slash;

	exe[n > 0 ? n : 0] = 0;
	slash = strrchr(exe, '/');
	if (slash)
		*slash = 0;
	add_dir(cli, VZ_CONF_DIR "/recipes");
	for (int up = 1; slash && up <= 2; up++) {
		snprintf(candidate, sizeof candidate, "%s%s/recipes/mirrors", exe, up == 1 ? "/.." : "/../..");
		if (realpath(candidate, dir)) {
			*strrchr(dir, '/') = 0;
			add_dir(cli, dir);
			return;
		}
	}
	add_dir(cli, VZ_RECIPES_DIR);
}

/* 0: taken, 1: not a global option, -1 usage. */
static int take_global(struct vz_cli *cli, int c)
{
	switch (c) {
	case OPT_ROOT: cli->root = optarg; return 0;
	case OPT_RECIPES:
		add_dir(cli, optarg);
		add_mirror_dir(cli, optarg);
		return 0;
	case OPT_JSON: cli->json = true; return 0;
	case 'q': cli->quiet = true; return 0;
	case 'v': cli->verbose = true; return 0;
	case 'n': cli->dry_run = true; return 0;
	case 'y': cli->yes = true; return 0;
	case OPT_NO_PROGRESS: cli->no_progress = true; return 0;
	case OPT_OFFLINE: cli->offline = true; return 0;
	case 'h': case OPT_HELP: cli->help = true; return 0;
	case OPT_VERSION:
		printf("vzpkg %s\n", PACKAGE_VERSION);
		exit(VZ_OK);
	}
	return 1;
}

static int usage_error(struct vz_err *err, int c, char **argv)
{
	const char *word = argv[optind - 1];

	if (c == ':')
		vz_err_set(err, VZ_USAGE, "option '%s' needs an argument", word);
	else if (optopt && optopt < 256 && !(word[0] == '-' && word[1] == '-'))
		vz_err_set(err, VZ_USAGE, "unknown option '-%c'", optopt);
	else
		vz_err_set(err, VZ_USAGE, "unknown option '%s'", word);
	return vz_err_hint(err, "'vzpkg --help' lists the options; put '--' before a command's own words");
}

int vz_cli_parse(struct vz_cli *cli, int argc, char **argv, const struct vz_option *options, int min, int max,
		 struct vz_err *err)
{
	struct option all[N_GLOBAL + MAX_OWN + 1] = {0};
	char letters[2 + sizeof GLOBAL_LETTERS + 2 * MAX_OWN] = ":" GLOBAL_LETTERS;
	int c, n_own = 0;

	memcpy(all, global_options, sizeof global_options);
	for (; options && options[n_own].name; n_own++) {
		const struct vz_option *o = &options[n_own];
		size_t len = strlen(letters);

		all[N_GLOBAL + (size_t)n_own] =
			(struct option){ o->name, o->flag ? no_argument : required_argument, NULL, OPT_OWN + n_own };
		if (o->letter) {
			letters[len] = o->letter;
			letters[len + 1] = o->flag ? 0 : ':';
		}
	}
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, letters, all, NULL)) != -1) {
		int own = c - OPT_OWN;

		if (c == '?' || c == ':')
			return usage_error(err, c, argv);
		for (int i = 0; c < 256 && i < n_own; i++)
			if (options[i].letter == c)
				own = i;
		if (own >= 0 && options[own].list)
			vz_texts_add(options[own].list, optarg);
		else if (own >= 0 && options[own].value)
			*options[own].value = optarg;
		else if (own >= 0)
			*options[own].flag = true;
		else
			take_global(cli, c);
	}
	vz_terminal_setup(cli);
	cli->args = argv + optind;
	cli->n_args = argc - optind;
	if (cli->n_args < min)
		return vz_err_set(err, VZ_USAGE, "too few arguments");
	if (max >= 0 && cli->n_args > max)
		return vz_err_set(err, VZ_USAGE, "one argument too many: '%s'", cli->args[max]);
	return 0;
}

struct vz_recipe *vz_cli_recipe(const struct vz_cli *cli, const char *path, struct vz_err *err)
{
	struct vz_recipe *r = vz_recipe_read(path, err);

	for (size_t i = 0; r && i < r->n_notes; i++)
		vz_report_note(&cli->report, "%s", r->notes[i]);
	return r;
}

struct vz_store *vz_cli_store(const struct vz_cli *cli, enum vz_store_mode mode, struct vz_err *err)
{
	if (geteuid() != 0) {
		vz_err_set(err, VZ_FAILED, "this needs root: the store and its mounts belong to root");
		vz_err_hint(err, "run it with sudo");
		return NULL;
	}
	return vz_store_open(cli->root, mode, err);
}

static void print_usage(FILE *to, const struct vz_command *c)
{
	fprintf(to, "vzpkg %s%s%s %s\n", c->verb, c->object ? " " : "", c->object ? c->object : "", c->usage);
}

static void print_help(const char *verb)
{
	if (!verb)
		puts("vzpkg [GLOBAL] VERB [OBJECT] [OPTIONS]\n\nVerbs:");
	for (const struct vz_command *c = vz_commands; c->verb; c++) {
		if (verb && strcmp(verb, c->verb))
			continue;
		fputs("  ", stdout);
		print_usage(stdout, c);
		printf("        %s\n", c->help);
	}
	puts("\nGlobal options:\n"
	     "  --root DIR       the store (default: VZPKG_ROOT, or /var/lib/vzpkg)\n"
	     "  --recipes DIR    look for recipes here first; may be repeated\n"
	     "  --json           one JSON document on stdout, nothing else\n"
	     "  -n, --dry-run    say what would be done, change nothing\n"
	     "  --offline        use no network\n"
	     "  -q, --quiet      errors only      -v, --verbose   say more\n"
	     "  -y, --yes        ask nothing      --no-progress   plain lines\n"
	     "  --help  --version\n"
	     "\nExit: 0 done, 1 failed, 2 usage, 3 not found, 4 cannot be resolved, 5 not trusted, 6 busy,\n"
	     "7 network, 8 package script failed, 9 store damaged, 10 differs, 11 exists. See vzpkg(8).");
}

/* The command for the words at argv[0], argv[1]; `ret_used` words were its name. */
static const struct vz_command *find_command(int argc, char **argv, int *ret_used, struct vz_err *err)
{
	bool verb_known = false;

	for (const struct vz_command *c = vz_commands; c->verb; c++) {
		if (strcmp(argv[0], c->verb))
			continue;
		verb_known = true;
		*ret_used = c->object ? 2 : 1;
		if (!c->object || (argc > 1 && !strcmp(argv[1], c->object)))
			return c;
	}
	if (verb_known)
		vz_err_set(err, VZ_USAGE, "'%s' needs to know what: see 'vzpkg %s --help'", argv[0], argv[0]);
	else
		vz_err_set(err, VZ_USAGE, "unknown verb '%s'", argv[0]);
	vz_err_hint(err, "'vzpkg --help' lists the verbs");
	return NULL;
}

static bool asks_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int run(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const struct vz_command *command;
	int c, used = 0, rc;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:" GLOBAL_LETTERS, global_options, NULL)) != -1)
		if (c == '?' || c == ':')
			return usage_error(err, c, argv);
		else
			take_global(cli, c);
	argc -= optind;
	argv += optind;
	vz_terminal_setup(cli);
	if (argc == 0 && cli->help) {
		print_help(NULL);
		return 0;
	}
	if (argc == 0) {
		vz_err_set(err, VZ_USAGE, "no verb given");
		return vz_err_hint(err, "'vzpkg --help' lists the verbs");
	}
	if (cli->help || asks_help(argc, argv)) {
		print_help(argv[0]);
		return 0;
	}
	command = find_command(argc, argv, &used, err);
	if (!command)
		return -1;
	add_standard_dirs(cli);
	if (vz_network_read(getenv("VZPKG_CONF") ? getenv("VZPKG_CONF") : VZ_CONF_DIR "/vzpkg.conf", &cli->network, err) < 0)
		return -1;
	rc = command->run(cli, argc - used + 1, argv + used - 1, err);
	if (rc < 0 && err->code == VZ_USAGE && !err->hint[0])
		vz_err_hint(err, "usage: vzpkg %s%s%s %s", command->verb, command->object ? " " : "",
			    command->object ? command->object : "", command->usage);
	return rc;
}

int main(int argc, char **argv)
{
	const char *root = getenv("VZPKG_ROOT");
	struct vz_cli cli = { .root = root && *root ? root : "/var/lib/vzpkg" };
	struct vz_err err = {0};
	struct rlimit files;
	int rc;

	umask(022);
	/* decompressors take and return megabytes for each package: keep them, rather than fault them in again */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 128 << 20);
	vz_interrupt_catch();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	rc = run(&cli, argc, argv, &err);
	vz_terminal_end();
	if (rc < 0 && vz_interrupt_signal()) {
		vz_terminal_error(&cli, &err);
		rc = 128 + vz_interrupt_signal();
	} else if (rc < 0) {
		vz_terminal_error(&cli, &err);
		rc = err.code;
	}
	if (fflush(stdout) != 0 && rc == 0) {
		perror("vzpkg: error: write to standard output");
		rc = VZ_FAILED;
	}
	for (size_t i = 0; i < cli.n_mirror_dirs; i++)
		free((char *)cli.mirror_dirs[i]);
	vz_network_release(&cli.network);
	free(cli.recipe_dirs);
	free(cli.mirror_dirs);
	return rc;
}
