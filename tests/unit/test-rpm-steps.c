/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of what rpm runs, as a value. tests/flow/54-rpm-order.sh has the
 * same packages installed by rpm itself.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "builder/rpm_steps.h"
#include "tests/unit/unit.h"

static char *bin_sh[] = { (char *)"/bin/sh" };

static struct vz_rpm_script script(void)
{
	return (struct vz_rpm_script){ .program = bin_sh, .n_program = 1, .body = (char *)"x" };
}

/* A package; `files` are sorted. */
static struct vz_rpm_package *package(const char *name, const char *evr, const char *const *files)
{
	struct vz_rpm_package *p = vz_new(struct vz_rpm_package);

	p->name = (char *)name;
	p->evr = (char *)evr;
	p->files = (char **)files;
	while (files && files[p->n_files])
		p->n_files++;
	return p;
}

static void add_trigger(struct vz_rpm_package *p, enum vz_rpm_kind kind, uint32_t sense, const char *on, uint32_t priority)
{
	struct vz_rpm_triggers *t = &p->triggers[kind];

	t->conditions = vz_realloc(t->conditions, t->n_conditions + 1, sizeof *t->conditions);
	t->scripts = vz_realloc(t->scripts, t->n_scripts + 1, sizeof *t->scripts);
	t->priorities = vz_realloc(t->priorities, t->n_scripts + 1, sizeof *t->priorities);
	t->conditions[t->n_conditions++] = (struct vz_rpm_condition){ (char *)on, (char *)"", sense, (uint32_t)t->n_scripts };
	t->priorities[t->n_scripts] = priority;
	t->scripts[t->n_scripts++] = script();
}

static void drop(struct vz_rpm_package *p)
{
	for (int i = 0; i < VZ_RPM_KINDS; i++) {
		free(p->triggers[i].conditions);
		free(p->triggers[i].scripts);
		free(p->triggers[i].priorities);
	}
	free(p);
}

/* One step a line: "PACKAGE NAME ARG ARG", and behind "<" its input with "|" for newlines. */
static char *plan_text(const struct vz_rpm_transaction *t)
{
	auto_rpm_steps struct vz_rpm_steps steps = {0};
	auto_buf struct vz_buf b = {0};

	vz_rpm_steps_plan(t, &steps);
	for (size_t i = 0; i < steps.n; i++) {
		const struct vz_rpm_step *s = &steps.items[i];

		vz_buf_printf(&b, "%s %s", t->packages[s->package]->name, s->name);
		if (s->arg1 >= 0)
			vz_buf_printf(&b, " %d", s->arg1);
		if (s->arg2 >= 0)
			vz_buf_printf(&b, " %d", s->arg2);
		if (s->input)
			vz_buf_printf(&b, " <");
		for (const char *p = s->input; p && *p; p++)
			vz_buf_putc(&b, *p == '\n' ? '|' : *p);
		vz_buf_putc(&b, '\n');
	}
	return vz_buf_steal(&b);
}

#define plan_is(t, want) \
	do { \
		auto_free char *text_ = plan_text(t); \
		ck_assert_str_eq(text_, (want)); \
	} while (0)

START_TEST(test_moments)
{
	struct vz_rpm_package *p[] = { package("a", "1-1", NULL), package("b", "1-1", NULL), package("a", "2-1", NULL) };
	const bool owners[] = { false, true, false };
	struct vz_rpm_transaction t = { (const struct vz_rpm_package *const *)p, 1, 3, owners };

	for (int i = 0; i < 3; i++)
		for (int m = 0; m < VZ_RPM_MOMENTS; m++)
			p[i]->scripts[m] = script();
	p[1]->sysusers = (char *)"u b\n";
	plan_is(&t, "b %pretrans 1\na %pretrans 2\n"
		    "b users <u b|\nb %pre 1\nb owners\nb %post 1\n"
		    "a %pre 2\na %post 2\n"
		    "b %posttrans 1\na %posttrans 2\n");
	t.n_installed = 0;
	plan_is(&t, "a %pretrans 1\nb %pretrans 1\na %pretrans 1\n"
		    "a %pre 1\na %post 1\n"
		    "b users <u b|\nb %pre 1\nb owners\nb %post 1\n"
		    "a %pre 2\na %post 2\n"
		    "a %posttrans 2\nb %posttrans 1\na %posttrans 2\n");
	for (int i = 0; i < 3; i++)
		drop(p[i]);
}
END_TEST

START_TEST(test_triggers)
{
	struct vz_rpm_package *p[] = { package("old", "1-1", NULL), package("t", "1-1", NULL), package("u", "1-1", NULL) };
	struct vz_rpm_transaction t = { (const struct vz_rpm_package *const *)p, 1, 3, NULL };

	p[2]->scripts[VZ_RPM_POST] = script();
	add_trigger(p[0], VZ_RPM_TRIGGER, VZ_RPM_TRIGGERIN, "u", 0);
	add_trigger(p[0], VZ_RPM_TRIGGER, VZ_RPM_TRIGGERPREIN, "u", 0);
	add_trigger(p[0], VZ_RPM_TRIGGER, 1 << 17, "u", 0);              /* %triggerun */
	add_trigger(p[1], VZ_RPM_TRIGGER, VZ_RPM_TRIGGERIN, "old", 0);
	add_trigger(p[1], VZ_RPM_TRIGGER, VZ_RPM_TRIGGERIN, "u", 0);
	add_trigger(p[1], VZ_RPM_TRIGGER, VZ_RPM_TRIGGERIN, "absent", 0);
	plan_is(&t, "t %triggerin 1 1\n"
		    "old %triggerprein 1 0\nu %post 1\nold %triggerin 1 1\nt %triggerin 1 1\n");
	/* a version that does not hold */
	p[0]->triggers[VZ_RPM_TRIGGER].conditions[0].version = (char *)"2";
	p[0]->triggers[VZ_RPM_TRIGGER].conditions[0].flags |= 4;
	plan_is(&t, "t %triggerin 1 1\n"
		    "old %triggerprein 1 0\nu %post 1\nt %triggerin 1 1\n");
	for (int i = 0; i < 3; i++)
		drop(p[i]);
}
END_TEST

START_TEST(test_file_triggers)
{
	static const char *const f0[] = { "/etc/o", "/usr/lib/o", NULL }, *const f1[] = { "/usr/bin/x", "/usr/lib/x", NULL },
			  *const f2[] = { "/etc/y", NULL };
	struct vz_rpm_package *p[] = { package("old", "1-1", f0), package("x", "1-1", f1), package("y", "1-1", f2) };
	struct vz_rpm_transaction t = { (const struct vz_rpm_package *const *)p, 1, 3, NULL };

	for (int i = 0; i < 3; i++)
		p[i]->scripts[VZ_RPM_POST] = p[i]->scripts[VZ_RPM_POSTTRANS] = script();
	add_trigger(p[0], VZ_RPM_FILE_TRIGGER, VZ_RPM_TRIGGERIN, "/usr/lib", 1000000);
	add_trigger(p[0], VZ_RPM_FILE_TRIGGER, VZ_RPM_TRIGGERIN, "/usr", 100);
	add_trigger(p[0], VZ_RPM_TRANS_FILE_TRIGGER, VZ_RPM_TRIGGERIN, "/usr/", 5);
	add_trigger(p[0], VZ_RPM_TRANS_FILE_TRIGGER, VZ_RPM_TRIGGERIN, "/usr/lib/", 2000000);
	add_trigger(p[0], VZ_RPM_TRANS_FILE_TRIGGER, VZ_RPM_TRIGGERIN, "/srv", 1);
	add_trigger(p[2], VZ_RPM_TRANS_FILE_TRIGGER, VZ_RPM_TRIGGERIN, "/etc", 1);
	add_trigger(p[2], VZ_RPM_FILE_TRIGGER, VZ_RPM_TRIGGERIN, "/etc", 1);
	plan_is(&t, "old %filetriggerin 0 </usr/lib/x|\nx %post 1\nold %filetriggerin 0 </usr/bin/x|/usr/lib/x|\n"
		    "y %post 1\ny %filetriggerin 0 </etc/y|\ny %filetriggerin 0 </etc/o|\n"
		    "x %posttrans 1\ny %posttrans 1\n"
		    "old %transfiletriggerin 0 </usr/lib/x|\nold %transfiletriggerin 0 </usr/bin/x|/usr/lib/x|\n"
		    "y %transfiletriggerin 0 </etc/o|/etc/y|\n");
	for (int i = 0; i < 3; i++)
		drop(p[i]);
}
END_TEST

UNIT_MAIN("rpm-steps", test_moments, test_triggers, test_file_triggers)
