/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdio.h>

#include "tests/unit/unit.h"

#include "resolver/network.h"

static int parse(const char *text, struct vz_network *ret, struct vz_err *err)
{
	return vz_network_parse(text, strlen(text), "conf", ret, err);
}

START_TEST(test_good)
{
	static const struct { const char *text; uint64_t rate; } rates[] = {
		{ "1", 1 }, { "500K", 512000 }, { "2M", 2 << 20 }, { "1G", 1 << 30 },
	};
	auto_network struct vz_network n = {0}, none = {0}, proxy = {0};
	struct vz_err err = {0};

	must(parse("", &none, &err));
	ck_assert(!none.proxy && !none.rate && !none.connect_seconds && !none.stall_seconds);
	must(parse("; a host\n[network]\nproxy = http://127.0.0.1:3128\nrate = 2M\nconnect-timeout = 5\nstall-timeout = 3600\n", &n, &err));
	ck_assert_str_eq(n.proxy, "http://127.0.0.1:3128");
	ck_assert(n.rate == 2 << 20 && n.connect_seconds == 5 && n.stall_seconds == 3600);
	must(parse("[network]\nproxy = none\n", &proxy, &err));
	ck_assert_str_eq(proxy.proxy, "");
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		char text[64];

		snprintf(text, sizeof text, "[network]\nrate = %s\n", rates[i].text);
		must(parse(text, &none, &err));
		ck_assert_uint_eq(none.rate, rates[i].rate);
	}
	must(vz_network_read("/nonexistent/vzpkg.conf", &none, &err));
	ck_assert(!none.rate);
}
END_TEST

START_TEST(test_bad)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "rate = 1\n", "conf:1: unknown section" },
		{ "[net]\n", "conf:1: unknown section 'net'" },
		{ "[network]\nspeed = 1\n", "conf:2: unknown key 'speed'" },
		{ "[network]\nrate = 0\n", "conf:2: '0' is no rate" },
		{ "[network]\nrate = 1T\n", "is no rate" },
		{ "[network]\nrate = 1MB\n", "is no rate" },
		{ "[network]\nrate = 9999999999999G\n", "is no rate" },
		{ "[network]\nrate = 1\nrate = 2\n", "conf:3: 'rate' has one value" },
		{ "[network]\nproxy = proxy:3128\n", "is no proxy" },
		{ "[network]\nproxy = http://\n", "is no proxy" },
		{ "[network]\nstall-timeout = 0\n", "seconds" },
		{ "[network]\nconnect-timeout = 3601\n", "seconds" },
		{ "[network]\nconnect-timeout = 1s\n", "seconds" },
	};
	struct vz_network n = {0};
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		must_fail(parse(bad[i].text, &n, &err), VZ_USAGE, bad[i].says);
	ck_assert(!n.proxy && !n.rate);
}
END_TEST

UNIT_MAIN("network", test_good, test_bad)
