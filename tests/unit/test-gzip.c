/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/alloc.h"
#include "store/gzip.h"

static char *text_of(size_t len)
{
	char *text = vz_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + (i * i >> 8) % 23);
	return text;
}

START_TEST(test_round_trip)
{
	for (size_t len = 0; len < 400000; len = 3 * len + 1) {
		auto_free char *text = text_of(len);
		auto_buf struct vz_buf packed = {0}, again = {0};

		vz_gzip_write(text, len, &packed);
		ck_assert(vz_gzip_read(packed.data, packed.len, 1 << 20, &again));
		ck_assert_uint_eq(again.len, len);
		ck_assert(!len || memcmp(again.data, text, len) == 0);
	}
}
END_TEST

/* Several members are one text; what is too long is cut, what is damaged is said to be. */
START_TEST(test_limits)
{
	auto_buf struct vz_buf packed = {0}, again = {0};
	auto_free char *text = text_of(100000);
	size_t whole;

	vz_gzip_write(text, 100000, &packed);
	whole = packed.len;
	vz_gzip_write("end", 3, &packed);
	ck_assert(vz_gzip_read(packed.data, packed.len, 1 << 20, &again));
	ck_assert_uint_eq(again.len, 100003);
	ck_assert_str_eq(again.data + 100000, "end");
	vz_buf_clear(&again);
	ck_assert(vz_gzip_read(packed.data, packed.len, 70000, &again));
	ck_assert_uint_eq(again.len, 70000);
	ck_assert_mem_eq(again.data, text, 70000);
	for (size_t len = 0; len < whole; len += 1 + len / 2) {
		vz_buf_clear(&again);
		ck_assert(!vz_gzip_read(packed.data, len, 1 << 20, &again));
		ck_assert(again.len <= 100000);
	}
	packed.data[whole / 2] ^= 0x55;
	vz_buf_clear(&again);
	ck_assert(!vz_gzip_read(packed.data, whole, 1 << 20, &again));
}
END_TEST

UNIT_MAIN("gzip", test_round_trip, test_limits)
