/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/buf.h"

START_TEST(test_growth)
{
	auto_buf struct vz_buf b = {0};

	for (int i = 0; i < 10000; i++)
		vz_buf_printf(&b, "%d,", i);
	ck_assert_uint_eq(b.len, 48890);
	ck_assert_int_eq(b.data[b.len], 0);
	vz_buf_clear(&b);
	vz_buf_le32(&b, 0x01020304);
	vz_buf_le64(&b, 0x1122334455667788);
	ck_assert_mem_eq(b.data, "\x04\x03\x02\x01\x88\x77\x66\x55\x44\x33\x22\x11", 12);
	vz_buf_zero(&b, 5000);
	ck_assert_uint_eq(b.len, 5012);
}
END_TEST

UNIT_MAIN("buf", test_growth)
