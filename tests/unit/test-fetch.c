/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Downloads against tests/lib/server.py, which serves one directory under
 * several names, each with a fault: a mirror is URL/NAME.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/proc.h"
#include "resolver/fetch.h"

#define BIG (3u << 20)
#define SMALL 1000u

static char dir[] = "/tmp/test-fetch.XXXXXX";
static char base[64];                    /* "http://127.0.0.1:PORT" */
static char *big, big_sha256[129], big_sha512[129], small_sha256[129];
static pid_t server_pid;
static unsigned debugs;
static struct vz_err err;

static const char faults[] =
	"/corrupt/ corrupt\n"
	"/cut/ cut-after 1000000\n"
	"/cut-early/ cut-after 1000\n"
	"/cut-twice/ cut-after 1000 times 2\n"
	"/drip/ drip 200\n"
	"/short/ wrong-length 900\n"
	"/long/ wrong-length 9000000\n"
	"/no-length/ no-length\n"
	"/wrong-range/ wrong-range 7\n"
	"/ignore-range/ ignore-range\n"
	"/no-range/ no-range\n"
	"/endless/ endless\n"
	"/loop/ redirect-loop\n"
	"/to-file/ redirect-to file:///etc/passwd\n"
	"/to-ftp/ redirect-to ftp://127.0.0.1/x\n"
	"/moved/ redirect-to /good/big\n"
	"/forbidden/ status 403\n"
	"/sick/ status 500 times 2\n"
	"/dead/ status 503\n"
	"/later/ retry-after 1 times 1\n"
	"/slow/ slow-start 2.5\n"
	"/reset/ reset times 2\n";

static void put(const char *name, const void *data, size_t len)
{
	auto_free char *path = vz_printf("%s/%s", dir, name);

	must(vz_write_file(AT_FDCWD, path, data, len, 0600, &err));
}

static void hash(const char *algo, const void *data, size_t len, char *ret)
{
	struct vz_hash *h = vz_hash_new(algo);

	vz_hash_add(h, data, len);
	vz_hash_end_hex(h, ret);
	vz_hash_free(h);
}

static void start_server(void)
{
	auto_free char *server = vz_printf("%s/tests/lib/server.py", getenv("top_srcdir"));
	auto_free char *fault_file = vz_printf("%s/faults", dir), *log = vz_printf("%s/log", dir);
	int out[2];
	ssize_t n;

	ck_assert_int_eq(pipe(out), 0);
	server_pid = fork();
	ck_assert_int_ge(server_pid, 0);
	if (server_pid == 0) {
		/* make gives jobs a closed pipe to read from, which tells the server to end */
		dup2(open("/dev/null", O_RDONLY), 0);
		dup2(out[1], 1);
		execlp("python3", "python3", server, "--fault-file", fault_file, "--log", log, dir, NULL);
		_exit(127);
	}
	close(out[1]);
	while (!strchr(base, '\n')) {
		n = read(out[0], base + strlen(base), sizeof base - 1 - strlen(base));
		ck_assert_int_gt(n, 0);
	}
	*strchr(base, '\n') = 0;
	close(out[0]);
}

static void setup(void)
{
	auto_free char *good = NULL;
	unsigned x = 1;

	unsetenv("http_proxy");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	big = vz_alloc(BIG);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)((x = x * 1103515245 + 12345) >> 16);
	hash("sha256", big, BIG, big_sha256);
	hash("sha512", big, BIG, big_sha512);
	hash("sha256", big, SMALL, small_sha256);
	put("big", big, BIG);
	put("small", big, SMALL);
	put("faults", faults, strlen(faults));
	put("log", "", 0);
	for (const char *p = faults; *p; p = strchr(p, '\n') + 1) {
		auto_free char *name = vz_printf("%s%.*s", dir, (int)strcspn(p + 1, "/") + 1, p);

		ck_assert_int_eq(symlink(".", name), 0);
	}
	good = vz_printf("%s/good", dir);
	ck_assert_int_eq(symlink(".", good), 0);
	start_server();
}

static void teardown(void)
{
	kill(server_pid, SIGTERM);
	waitpid(server_pid, NULL, 0);
	must(vz_remove_tree(AT_FDCWD, dir, &err));
	free(big);
}

static void each_setup(void)
{
	auto_free char *log = vz_printf("%s/log", dir);

	ck_assert_int_eq(truncate(log, 0), 0);
}

static void tell(void *ctx, enum vz_report_kind kind, const char *text, uint64_t done, uint64_t total)
{
	(void)ctx, (void)text, (void)total;
	if (kind == VZ_REPORT_DEBUG)
		debugs++;
	if (kind == VZ_REPORT_PROGRESS)
		ck_assert(!total || done <= total);
}

static unsigned tries;

static struct vz_fetch *fetcher(void)
{
	static const struct vz_report report = { .tell = tell };
	const struct vz_fetch_options o = { .stall_seconds = 1, .backoff_ms = 5, .tries = tries, .report = &report };

	return vz_fetch_new(&o);
}

/* "good cut" to mirrors; a word with a colon is a URL of its own. */
static struct vz_mirrors mirrors_of(const char *names)
{
	struct vz_mirrors m = { .urls = vz_alloc(8 * sizeof(char *)) };

	for (const char *p = names; *p; p += strcspn(p, " "), p += *p == ' ') {
		int len = (int)strcspn(p, " ");

		m.urls[m.n++] = memchr(p, ':', (size_t)len) ? vz_printf("%.*s", len, p) : vz_printf("%s/%.*s", base, len, p);
	}
	return m;
}

static void mirrors_end(struct vz_mirrors *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->urls[i]);
	free(m->urls);
}

static int temp(const char *data, size_t len)
{
	int fd = memfd_create("test-fetch", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	ck_assert(pwrite(fd, data, len, 0) == (ssize_t)len);
	return fd;
}

static void is_content(int fd, size_t len)
{
	auto_free char *got = vz_alloc(len + 1);

	ck_assert_int_eq(pread(fd, got, len + 1, 0), (ssize_t)len);
	ck_assert(memcmp(got, big, len) == 0);
}

static int get_with(struct vz_fetch *f, const char *names, struct vz_fetch_request *r)
{
	struct vz_mirrors m = mirrors_of(names);
	int rc;

	r->mirrors = &m;
	rc = vz_fetch_run(f, r, 1, &err);
	if (r->from)
		r->from = strstr(names, strrchr(r->from, '/') + 1);
	mirrors_end(&m);
	return rc;
}

static int get(const char *names, struct vz_fetch_request *r)
{
	struct vz_fetch *f = fetcher();
	int rc = get_with(f, names, r);

	vz_fetch_free(f);
	return rc;
}

/* The big file, with size and digest, must come whole from these mirrors; `part` bytes of it are there already. */
static void must_get(const char *names, size_t part)
{
	auto_fd int fd = temp(big, part);
	struct vz_fetch_request r = { .path = "big", .fd = fd, .resume = true, .size = BIG, .digest = big_sha256 };

	if (get(names, &r) < 0)
		ck_abort_msg("%s: %s", names, err.msg);
	is_content(fd, BIG);
}

static void must_not_get(const char *names, enum vz_code code, const char *text)
{
	auto_fd int fd = temp("", 0);
	struct vz_fetch_request r = { .path = "big", .fd = fd, .size = BIG, .digest = big_sha256 };

	must_fail(get(names, &r), code, text);
	ck_assert_msg(err.hint[0], "%s has no hint", names);
}

static unsigned count(const char *text)
{
	auto_free char *path = vz_printf("%s/log", dir);
	auto_buf struct vz_buf log = {0};
	unsigned n = 0;

	must(vz_read_file(AT_FDCWD, path, 1 << 20, &log, &err));
	for (const char *p = log.data; (p = strstr(p, text)); p++)
		n++;
	return n;
}

START_TEST(test_good)
{
	auto_fd int fd = temp("old content", 11);
	struct vz_fetch_request r = { .path = "big", .fd = fd, .size = BIG, .digest = big_sha512 };

	must(get("good", &r));
	is_content(fd, BIG);
	ck_assert_str_eq(r.from, "good");
	ck_assert_int_eq((int)lseek(fd, 0, SEEK_CUR), 0);
	r = (struct vz_fetch_request){ .path = "small", .fd = fd };
	must(get("good", &r));
	is_content(fd, SMALL);
	must_get("no-length", 0);
	must_get("moved", 0);
	must_get("later", 0);
}
END_TEST

START_TEST(test_many_on_few_connections)
{
	enum { N = 400 };
	struct vz_fetch *f = fetcher();
	struct vz_mirrors m = mirrors_of("good");
	struct vz_fetch_request *r = vz_alloc(N * sizeof *r);
	auto_buf struct vz_buf log = {0};
	auto_free char *path = vz_printf("%s/log", dir);
	char ports[N][8] = {0};
	unsigned distinct = 0;

	for (int i = 0; i < N; i++)
		r[i] = (struct vz_fetch_request){ .mirrors = &m, .path = "small", .fd = temp("", 0), .size = SMALL,
						  .digest = small_sha256 };
	must(vz_fetch_run(f, r, N, &err));
	must(vz_read_file(AT_FDCWD, path, 1 << 20, &log, &err));
	for (char *p = log.data; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		unsigned i = 0;
		char port[8] = {0};

		memcpy(port, p, strcspn(p, " "));
		while (i < distinct && strcmp(ports[i], port) != 0)
			i++;
		if (i == distinct)
			memcpy(ports[distinct++], port, sizeof port);
	}
	ck_assert_uint_le(distinct, 8);
	for (int i = 0; i < N; i++) {
		is_content(r[i].fd, SMALL);
		close(r[i].fd);
	}
	vz_fetch_free(f);
	mirrors_end(&m);
	free(r);
}
END_TEST

START_TEST(test_wrong_content)
{
	must_get("corrupt good", 0);
	must_not_get("corrupt", VZ_UNTRUSTED, "'big' has the wrong digest on every mirror");
	must_not_get("corrupt dead", VZ_UNTRUSTED, "is right on no mirror");
	must_get("short good", 0);
	must_not_get("short", VZ_UNTRUSTED, "");
	must_not_get("long", VZ_UNTRUSTED, "");
	must_not_get("endless", VZ_UNTRUSTED, "");
	must_get("endless good", 0);
}
END_TEST

START_TEST(test_limit)
{
	auto_fd int fd = temp("", 0);
	struct vz_fetch_request r = { .path = "x", .fd = fd, .max_size = 100000 };
	struct stat st;

	must_fail(get("endless", &r), VZ_UNTRUSTED, "wrong size");
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_le(st.st_size, 100000);
	r.path = "big";
	must_fail(get("good", &r), VZ_UNTRUSTED, "wrong size");
}
END_TEST

START_TEST(test_resume)
{
	must_get("cut", 0);
	ck_assert_uint_eq(count("206 /cut/big bytes=1000000-"), 1);
	ck_assert_uint_eq(count("206 /cut/big bytes=3000000-"), 1);
	must_get("cut-twice", 0);
	ck_assert_uint_eq(count("206 /cut-twice/big bytes=2000-"), 1);
	must_get("cut-early good", 0);
	ck_assert_uint_eq(count(" /cut-early/big"), 3);
	ck_assert_uint_eq(count("206 /good/big bytes=3000-"), 1);
	must_not_get("cut-early", VZ_NETWORK, "/cut-early/big': ");
	must_get("good", 12345);
	ck_assert_uint_eq(count("206 /good/big bytes=12345-"), 1);
	must_get("wrong-range", 12345);
	must_get("ignore-range", 12345);
	must_get("no-range", 12345);
}
END_TEST

START_TEST(test_what_lay_on_the_disk)
{
	auto_fd int whole = temp(big, BIG), wrong = temp(big + 1, 5000), full = temp(big + 1, BIG - 1), more = temp(big, BIG);
	struct vz_fetch_request r = { .path = "big", .fd = whole, .resume = true, .size = BIG, .digest = big_sha256 };

	must(get("http://127.0.0.1:1", &r));
	ck_assert_ptr_null(r.from);
	r.fd = wrong;
	must(get("good", &r));
	is_content(wrong, BIG);
	ck_assert_uint_eq(count("206 /good/big"), 1);
	ck_assert_uint_eq(count("200 /good/big"), 1);
	r.fd = full;
	ck_assert(pwrite(full, "x", 1, BIG - 1) == 1);
	must(get("good", &r));
	is_content(full, BIG);
	r.fd = more;
	ck_assert(pwrite(more, "x", 1, BIG) == 1);
	must(get("good", &r));
	is_content(more, BIG);
}
END_TEST

START_TEST(test_errors_of_servers)
{
	auto_fd int fd = temp("", 0);
	struct vz_fetch_request r = { .path = "none", .fd = fd, .optional = true };

	must(get("good no-length", &r));
	ck_assert(r.missing);
	must_fail(get("good dead", &r), VZ_NETWORK, "the server answers 503");
	r.optional = false;
	must_fail(get("good", &r), VZ_NETWORK, "/good/none': the server answers 404 (not found)");
	must_get("forbidden good", 0);
	ck_assert_uint_eq(count("403 "), 1);
	must_not_get("forbidden", VZ_NETWORK, "403");
	must_get("sick", 0);
	must_get("reset", 0);
	must_not_get("dead", VZ_NETWORK, "503");
	must_not_get("loop", VZ_NETWORK, "redirects");
	ck_assert_uint_eq(count("302 /loop"), 6);
	must_not_get("to-file", VZ_NETWORK, "file");
	must_not_get("to-ftp", VZ_NETWORK, "ftp");
	must_get("to-file good", 0);
}
END_TEST

START_TEST(test_stalls)
{
	tries = 1;
	must_get("drip slow good", 0);
	ck_assert_uint_eq(count(" /drip/"), 1);
	ck_assert_uint_eq(count(" /good/big"), 1);
}
END_TEST

START_TEST(test_dead_mirror_is_remembered)
{
	auto_fd int fd = temp("", 0);
	struct vz_fetch *f = fetcher();
	struct vz_fetch_request r = { .path = "small", .fd = fd };

	must(get_with(f, "http://127.0.0.1:1/x good", &r));
	ck_assert_str_eq(r.from, "good");
	ck_assert_uint_eq(debugs, 1);
	must(get_with(f, "http://127.0.0.1:1/x good", &r));
	ck_assert_uint_eq(debugs, 1);
	must_fail(get_with(f, "http://user:secret@127.0.0.1:1/x", &r), VZ_NETWORK, "'http://127.0.0.1:1/x/small'");
	ck_assert_ptr_null(strstr(err.msg, "secret"));
	vz_fetch_free(f);
}
END_TEST

START_TEST(test_unchanged)
{
	auto_fd int fd = temp("", 0);
	struct vz_fetch_request r = { .path = "small", .fd = fd, .if_modified_since = time(NULL) + 10 };

	must(get("good", &r));
	ck_assert(r.not_modified);
	ck_assert_uint_eq(count("304 /good/small"), 1);
	r.if_modified_since = 1000000000;
	must(get("good", &r));
	ck_assert(!r.not_modified);
	is_content(fd, SMALL);
}
END_TEST

START_TEST(test_files)
{
	auto_fd int fd = temp(big, 777);
	auto_free char *url = vz_printf("file://%s", dir);
	struct vz_fetch_request r = { .path = "big", .fd = fd, .resume = true, .size = BIG, .digest = big_sha256 };

	must(get(url, &r));
	is_content(fd, BIG);
	r = (struct vz_fetch_request){ .path = "none", .fd = fd, .optional = true };
	must(get(url, &r));
	ck_assert(r.missing);
}
END_TEST

static int refuse(void *ctx, struct vz_fetch_request *r, struct vz_err *e)
{
	(void)ctx, (void)r;
	return vz_err_set(e, VZ_SCRIPT, "the callback says no");
}

static int interrupt(void *ctx, struct vz_fetch_request *r, struct vz_err *e)
{
	(void)ctx, (void)r, (void)e;
	return raise(SIGINT);
}

START_TEST(test_ends)
{
	const struct vz_fetch_options offline = { .offline = true };
	struct vz_fetch *f = vz_fetch_new(&offline);
	auto_fd int fd = temp("", 0), sealed = temp("", 0), unused = temp("", 0);
	struct vz_mirrors m = mirrors_of("good"), slow = mirrors_of("slow");
	struct vz_fetch_request r = { .mirrors = &m, .path = "small", .fd = fd };
	struct vz_fetch_request two[] = { r, { .mirrors = &slow, .path = "small", .fd = unused } };

	must_fail(vz_fetch_run(f, &r, 1, &err), VZ_NETWORK, "the network is not to be used");
	must(vz_fetch_run(f, &r, 0, &err));
	vz_fetch_free(f);
	ck_assert_int_eq(fcntl(sealed, F_ADD_SEALS, F_SEAL_GROW), 0);
	r.fd = sealed;
	must_fail(get("good", &r), VZ_FAILED, "'small': write a download: ");
	f = fetcher();
	two[0].done = refuse;
	must_fail(vz_fetch_run(f, two, 2, &err), VZ_SCRIPT, "the callback says no");
	vz_interrupt_catch();
	two[0].done = interrupt;
	must_fail(vz_fetch_run(f, two, 2, &err), VZ_FAILED, "interrupted");
	vz_fetch_free(f);
	mirrors_end(&m);
	mirrors_end(&slow);
}
END_TEST

/* Of several requests with a place for failure each ends by itself, and what the mirrors did is noted. */
START_TEST(test_speeds)
{
	auto_fd int one = temp("", 0), two = temp("", 0);
	struct vz_mirrors bad = mirrors_of("absent dead"), good = mirrors_of("dead good"), both = mirrors_of("absent dead good");
	struct vz_speeds speeds = {0};
	struct vz_err failed = {0};
	struct vz_fetch_request r[] = {
		{ .mirrors = &bad, .path = "small", .fd = one, .failure = &failed, .speeds = &speeds },
		{ .mirrors = &good, .path = "big", .fd = two, .size = BIG, .digest = big_sha256, .speeds = &speeds },
	};
	struct vz_fetch *f = fetcher();

	must(vz_fetch_run(f, r, 2, &err));
	ck_assert_int_eq(failed.code, VZ_NETWORK);
	ck_assert_ptr_null(r[0].from);
	is_content(two, BIG);
	ck_assert(!vz_speeds_knows(&speeds, &bad, time(NULL)));
	ck_assert(vz_speeds_knows(&speeds, &good, time(NULL)));
	vz_speeds_order(&speeds, &both);
	ck_assert_str_eq(strrchr(both.urls[0], '/'), "/good");
	vz_speeds_release(&speeds);
	mirrors_end(&bad);
	mirrors_end(&good);
	mirrors_end(&both);
	vz_fetch_free(f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { test_good, test_many_on_few_connections, test_wrong_content, test_limit, test_resume,
				       test_what_lay_on_the_disk, test_errors_of_servers, test_stalls,
				       test_dead_mirror_is_remembered, test_unchanged, test_speeds, test_files, test_ends };
	Suite *suite = suite_create("fetch");
	TCase *tc = tcase_create("fetch");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(tc, each_setup, NULL);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
