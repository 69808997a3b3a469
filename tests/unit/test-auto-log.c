/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "base/fd.h"
#include "builder/auto_log.h"

START_TEST(test_events)
{
	static const char *const bad[] = {
		"", "template", "template t built 1", "template t built 1 2", "thing t built 1 2 ", "env e built 1 x ", "env e risen 1 2 ",
	};
	struct vz_auto_event e = { true, "t", VZ_AUTO_BUILT, 1, 2, "with\na \xff word" }, got;
	auto_buf struct vz_buf line = {0};

	vz_auto_event_write(&e, &line);
	ck_assert_str_eq(line.data, "template t built 1 2 with?a ? word");
	ck_assert(vz_auto_event_read(line.data, &got));
	ck_assert(got.template && got.state == VZ_AUTO_BUILT && got.from == 1 && got.to == 2);
	ck_assert_str_eq(got.words, "with?a ? word");
	vz_auto_event_release(&got);
	ck_assert(vz_auto_event_read("env e held 0 0 ", &got));
	ck_assert_str_eq(got.words, "");
	vz_auto_event_release(&got);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!vz_auto_event_read(bad[i], &got), "'%s'", bad[i]);
}
END_TEST

static void fill(struct vz_auto_log *l, int64_t started)
{
	*l = (struct vz_auto_log){ .started = started, .ended = started + 5, .code = 7 };
	vz_auto_log_add(l, &(struct vz_auto_event){ true, "t", VZ_AUTO_SAME, 1, 1, NULL });
	vz_auto_log_add(l, &(struct vz_auto_event){ false, "e", VZ_AUTO_SAME, 1, 1, NULL });
	vz_auto_log_add(l, &(struct vz_auto_event){ false, "f", VZ_AUTO_BACK, 1, 2, "why" });
}

START_TEST(test_kept)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/root", dir);
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_run_log struct vz_auto_log l = {0}, open = { .started = 90 };
	struct vz_auto_log *all;
	size_t n = 9;

	ck_assert(s != NULL);
	all = vz_auto_log_read_all(s, &n, &err);
	ck_assert(all != NULL && n == 0);
	free(all);
	fill(&l, 100);
	ck_assert(l.same == 1 && l.events.n == 2);
	must(vz_auto_log_write(s, &l, &err));
	must(vz_auto_log_write(s, &open, &err));
	ck_assert(vz_auto_log_start(s, 99) == 99 && vz_auto_log_start(s, 100) == 101);
	all = vz_auto_log_read_all(s, &n, &err);
	ck_assert(all != NULL && n == 2);
	ck_assert(all[0].started == 90 && !all[0].ended && all[1].ended == 105 && all[1].code == 7 && all[1].same == 1);
	ck_assert(vz_texts_same(&all[1].events, &l.events));
	vz_auto_log_release(&all[0]);
	vz_auto_log_release(&all[1]);
	free(all);
	/* the newest stay */
	for (l.started = 200; l.started < 650; l.started++)
		must(vz_auto_log_write(s, &l, &err));
	all = vz_auto_log_read_all(s, &n, &err);
	ck_assert(all != NULL && n == 400 && all[0].started == 250);
	while (n > 0)
		vz_auto_log_release(&all[--n]);
	free(all);
}
END_TEST

START_TEST(test_refused)
{
	auto_run_log struct vz_auto_log l = {0}, got = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	fill(&l, 100);
	must(vz_auto_log_format(&l, &text, &err));
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		must_fail(vz_auto_log_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "log of a scheduled update");
		text.data[i] ^= 1;
	}
	vz_buf_clear(&text);
	vz_texts_add(&l.events, "no event");
	must(vz_auto_log_format(&l, &text, &err));
	must_fail(vz_auto_log_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "none can say");
}
END_TEST

UNIT_MAIN("auto_log", test_events, test_kept, test_refused)
