/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "base/fd.h"
#include "link/settings.h"

START_TEST(test_absent_and_back)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/root", dir), *own = NULL, *chosen = NULL;
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
	own = vz_settings_hostname(&none, "a-name-of-an-environment-that-is-longer-than-any-name-of-a-host-can-be");
	ck_assert_str_eq(own, "a-name-of-an-environment-that-is-longer-than-any-name-of-a-host-");
	chosen = vz_settings_hostname(&set, "a");
	ck_assert_str_eq(chosen, "www");
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

START_TEST(test_set)
{
	static const struct { const char *key, *value; } good[] = {
		{ "cpus", "1.5" }, { "memory", "512M" }, { "pids", "100" }, { "io-weight", "10000" },
		{ "hostname", "www.example-1.org" }, { "follow", "no" },
	};
	static const struct { const char *text; uint64_t bytes; } sizes[] = {
		{ "16777216", UINT64_C(16) << 20 }, { "16384K", UINT64_C(16) << 20 }, { "16m", UINT64_C(16) << 20 },
		{ "2G", UINT64_C(2) << 30 }, { "2GB", UINT64_C(2) << 30 }, { "2gib", UINT64_C(2) << 30 },
		{ "1T", UINT64_C(1) << 40 }, { "none", 0 }, { "0", 0 },
	};
	static const struct { const char *text; double cpus; } cpus[] = {
		{ "2", 2 }, { "0.5", 0.5 }, { "0.05", 0.05 }, { "1.25", 1.25 }, { "8192", 8192 }, { "0", 0 }, { "none", 0 },
	};
	auto_settings struct vz_settings s = {0};
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		must(vz_settings_set(&s, good[i].key, good[i].value, &err));
	ck_assert(s.cpus == 1.5 && s.memory == UINT64_C(512) << 20 && s.pids == 100 && s.io_weight == 10000 && s.stay);
	ck_assert_str_eq(s.hostname, "www.example-1.org");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		must(vz_settings_set(&s, "memory", sizes[i].text, &err));
		ck_assert_uint_eq(s.memory, sizes[i].bytes);
	}
	for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
		must(vz_settings_set(&s, "cpus", cpus[i].text, &err));
		ck_assert(s.cpus == cpus[i].cpus);
	}
	must(vz_settings_set(&s, "pids", "none", &err));
	must(vz_settings_set(&s, "io-weight", "none", &err));
	must(vz_settings_set(&s, "hostname", "none", &err));
	must(vz_settings_set(&s, "follow", "yes", &err));
	ck_assert(!s.pids && !s.io_weight && !s.hostname && !s.stay);
}
END_TEST

START_TEST(test_set_refused)
{
	static const struct { const char *key, *value, *says; } bad[] = {
		{ "cpus", "", "cpus: '' is not a number of processors" }, { "cpus", "1.", "'1.' is not" },
		{ "cpus", ".5", "'.5'" }, { "cpus", "1.005", "'1.005'" }, { "cpus", "-1", "'-1'" }, { "cpus", "1e3", "'1e3'" },
		{ "cpus", "8193", "'8193'" }, { "cpus", "1.5x", "'1.5x'" },
		{ "memory", "", "memory: '' is not an amount" }, { "memory", "M", "'M' is not" }, { "memory", "5X", "'5X'" },
		{ "memory", "5MX", "'5MX'" }, { "memory", "-5M", "'-5M'" }, { "memory", "1.5G", "'1.5G'" },
		{ "memory", "1 G", "'1 G'" }, { "memory", "15M", "at least 16M" }, { "memory", "1", "at least 16M" },
		{ "memory", "9999999T", "'9999999T'" }, { "memory", "99999999999999999999", "is not an amount" },
		{ "pids", "many", "pids: 'many' is not a number of processes" }, { "pids", "1.5", "'1.5'" },
		{ "pids", "4194305", "'4194305'" },
		{ "io-weight", "10001", "io-weight: '10001' is not a weight" }, { "io-weight", "x", "'x'" },
		{ "hostname", "", "hostname: '' is not a host name" }, { "hostname", "-a", "'-a'" }, { "hostname", "a-", "'a-'" },
		{ "hostname", "a..b", "'a..b'" }, { "hostname", "a b", "'a b'" }, { "hostname", "a/b", "'a/b'" },
		{ "hostname", "a.-b", "'a.-b'" }, { "hostname", "a\n", "is not a host name" },
		{ "hostname", "0123456789012345678901234567890123456789012345678901234567890123x", "at most 64" },
		{ "follow", "maybe", "follow: 'maybe' is neither" }, { "follow", "none", "neither" },
		{ "colour", "red", "no setting 'colour'" },
	};
	auto_settings struct vz_settings s = {0};
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		must_fail(vz_settings_set(&s, bad[i].key, bad[i].value, &err), VZ_USAGE, bad[i].says);
	ck_assert(!s.hostname && !s.stay && !s.cpus && !s.memory && !s.pids && !s.io_weight);
}
END_TEST

UNIT_MAIN("settings", test_absent_and_back, test_refused, test_set, test_set_refused)
