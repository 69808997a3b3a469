/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/base64.h"

/* RFC 4648, 10. */
static const struct { const char *plain, *text; } vectors[] = {
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfd", "//79" },
};

START_TEST(test_vectors)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		auto_buf struct vz_buf text = {0}, plain = {0};

		vz_base64_write(vectors[i].plain, strlen(vectors[i].plain), &text);
		ck_assert_str_eq(text.len ? text.data : "", vectors[i].text);
		ck_assert(vz_base64_read(vectors[i].text, strlen(vectors[i].text), &plain));
		ck_assert_str_eq(plain.len ? plain.data : "", vectors[i].plain);
	}
}
END_TEST

START_TEST(test_bad)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zh==", "Zm9=", "Zg=v", "-_-_" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_buf struct vz_buf plain = {0};

		ck_assert_msg(!vz_base64_read(bad[i], strlen(bad[i]), &plain), "'%s' was taken", bad[i]);
	}
}
END_TEST

UNIT_MAIN("base64", test_vectors, test_bad)
