/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "base/fd.h"
#include "link/settings.h"

START_TEST(test_absent_and_back)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/root", dir);
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_settings struct vz_settings set = {0}, got = {0}, none = {0};

	ck_assert(s != NULL);
	must(vz_make_dirs(vz_store_fd(s), "envs/a", 0700, &err));
	must(vz_settings_read(s, "a", &none, &err));
	ck_assert(!none.hostname && !none.stay && !none.memory && !none.command.n);
	set = (struct vz_settings){ .hostname = vz_strdup("www"), .stay = true, .cpus = 1.5, .memory = UINT64_C(1) << 40,
				    .io_weight = 10000 };
	vz_texts_add(&set.command, "/usr/sbin/nginx");
	vz_texts_add(&set.command, "");
	must(vz_settings_write(s, "a", &set, &err));
	must(vz_settings_read(s, "a", &got, &err));
	ck_assert_str_eq(got.hostname, "www");
	ck_assert(got.stay && !got.started && got.cpus == 1.5 && got.memory == set.memory && got.io_weight == 10000);
	ck_assert(vz_texts_same(&got.command, &set.command));
}
END_TEST

START_TEST(test_refused)
{
	auto_buf struct vz_buf text = {0};
	auto_settings struct vz_settings got = {0};
	struct vz_settings set = { .io_weight = 10001 };
	struct vz_err err = {0};

	must(vz_settings_format(&set, &text, &err));
	must_fail(vz_settings_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "out of its range");
	vz_buf_clear(&text);
	set = (struct vz_settings){ .cpus = -1 };
	must(vz_settings_format(&set, &text, &err));
	must_fail(vz_settings_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "out of its range");
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		must_fail(vz_settings_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "record of settings");
		text.data[i] ^= 1;
	}
}
END_TEST

UNIT_MAIN("settings", test_absent_and_back, test_refused)
