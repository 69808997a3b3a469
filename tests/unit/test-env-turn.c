/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env_turn.h"
#include "tests/unit/killed.h"
#include "tests/unit/moving.h"

#define PRIVATE "echo root:x >/etc/passwd; ln /etc/passwd /etc/passwd.bak; chmod 604 /etc/passwd; mkdir -p /var/cache/c; " \
	"echo cache >/var/cache/c/f; echo mine >/etc/mine"

static const struct wish merge[] = {
	{ VZ_UPPER_PUT, "/etc/passwd", "new:x\n" },
	{ VZ_UPPER_DROP, "/var/cache/c", NULL },
	{ VZ_UPPER_DIR, "/opt", NULL },
	{ VZ_UPPER_PUT, "/opt/y", "y" },
	{ VZ_UPPER_HIDE, "/etc/big", NULL },
	{ 0 },
};

/* What the two sides look like, and a process that sees them. */
struct sides {
	struct place p;
	char *old, *new;
	pid_t runs, shell;
	unsigned seen_old, seen_new;
};

static int go(struct place *p, unsigned to)
{
	struct vz_env_moved done = {0};
	struct vz_err err = {0};

	if (move(p, 0, to, merge, &done, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	vz_env_moved_release(&done);
	return 0;
}

static int go_on(void *arg)
{
	struct sides *s = arg;
	return go(&s->p, 2);
}

static int go_back(void *arg)
{
	struct sides *s = arg;
	return go(&s->p, 1);
}

/* What is in `path` as the process that runs sees it. */
static char seen_by_shell(const struct sides *s, const char *path)
{
	auto_free char *where = vz_printf("/proc/%d/root%s", s->shell, path);
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_read_file(AT_FDCWD, where, 4096, &text, &err));
	return *text.data;
}

/* One side or the other in all: record, private area, what is mounted, what runs. */
static void check_side(struct sides *s, bool also_inside)
{
	auto_env struct vz_env e = {0};
	auto_free char *is = NULL;
	struct vz_err err = {0};
	bool new;

	/* whoever comes next ends what was begun */
	close(vz_env_lock(s->p.r.store, "a", &e, NULL, &err));
	check_settled(&s->p);
	new = e.generation == 2;
	is = picture(&s->p, PICTURE_FILES);
	ck_assert_str_eq(is, new ? s->new : s->old);
	if (s->shell) {
		ck_assert_int_eq(seen_by_shell(s, "/etc/version"), new ? '2' : '1');
		ck_assert_int_eq(seen_by_shell(s, "/etc/passwd"), new ? 'n' : 'r');
		ck_assert_int_ne(seen_by_shell(s, "/proc/1/comm"), 0);
	}
	if (also_inside)
		ck_assert_int_eq(inside(&s->p, new ? "test $(cat /etc/version /etc/passwd) = 2new:x" :
						     "test $(cat /etc/version /etc/passwd) = 1root:x"), 0);
	s->seen_old += !new;
	s->seen_new += new;
}

/* Each place on the way there, and each on the way back. */
static void kill_everywhere(struct sides *s)
{
	int status_on = -1, status_back = -1;
	unsigned on = 1, back = 1;

	while (status_on < 0 || status_back < 0) {
		if (generation(&s->p) == 1 && status_on < 0)
			on += killed_at(on, go_on, s, &status_on);
		else if (generation(&s->p) == 1)
			ck_assert_int_eq(go_on(s), 0);
		else if (status_back < 0)
			back += killed_at(back, go_back, s, &status_back);
		else
			ck_assert_int_eq(go_back(s), 0);
		check_side(s, (on + back) % 8 == 0);
	}
	printf("%u places there, %u places back\n", on, back);
	ck_assert_int_eq(status_on, 0);
	ck_assert_int_eq(status_back, 0);
	ck_assert(on > 40 && back > 25 && s->seen_old > 10 && s->seen_new > 10);
}

static struct sides sides_new(void)
{
	struct sides s = { .p = place_new() };

	ck_assert_int_eq(inside(&s.p, PRIVATE), 0);
	s.old = picture(&s.p, PICTURE_FILES);
	must_move(&s.p, 2, 0, merge);
	s.new = picture(&s.p, PICTURE_FILES);
	ck_assert_int_eq(go_back(&s), 0);
	return s;
}

static void sides_release(struct sides *s)
{
	free(s->old);
	free(s->new);
	place_release(&s->p);
}

START_TEST(test_stopped)
{
	__attribute__((cleanup(sides_release))) struct sides s = sides_new();

	kill_everywhere(&s);
}
END_TEST

static pid_t child_of(pid_t pid)
{
	auto_free char *path = vz_printf("/proc/%d/task/%d/children", pid, pid);

	for (;;) {
		auto_buf struct vz_buf text = {0};
		struct vz_err err = {0};

		must(vz_read_file(AT_FDCWD, path, 4096, &text, &err));
		if (text.len)
			return atoi(text.data);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
}

START_TEST(test_running)
{
	__attribute__((cleanup(sides_release))) struct sides s = sides_new();
	int status;

	/* not in what is compared */
	s.runs = fork();
	if (s.runs == 0) {
		inside(&s.p, "cd /var; sleep 1000");
		_exit(0);
	}
	s.shell = child_of(child_of(s.runs));
	kill_everywhere(&s);
	kill(s.runs, SIGTERM);
	ck_assert_int_eq(waitpid(s.runs, &status, 0), s.runs);
}
END_TEST

UNIT_MAIN("env-turn", test_stopped, test_running)
