/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/digest.h"
#include <stdio.h>

#include "base/alloc.h"
#include "base/fd.h"

/* lengths and digests: tests/fixtures/fsverity.tsv; byte i is (i*7 + i/251 + i/65536) mod 256 */
START_TEST(test_verity_vectors)
{
	auto_buf struct vz_buf text = {0};
	auto_free char *path = vz_printf("%s/tests/fixtures/fsverity.tsv", getenv("top_srcdir"));
	struct vz_err err = {0};
	int seen = 0;

	must(vz_read_file(AT_FDCWD, path, 1 << 20, &text, &err));
	for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
		size_t len, step = 1 + (size_t)seen * 613;
		char want[80], got[VZ_HEX_LEN + 1];
		struct vz_digest d;
		struct vz_verity *v;
		auto_free unsigned char *data = NULL;

		if (sscanf(line, "%zu %64s", &len, want) != 2)
			continue;
		data = vz_alloc(len);
		for (size_t i = 0; i < len; i++)
			data[i] = (unsigned char)(i * 7 + i / 251 + i / 65536);
		vz_verity_bytes(data, len, &d);
		vz_digest_hex(&d, got);
		ck_assert_str_eq(got, want);
		v = vz_verity_new();
		for (int round = 0; round < 2; round++) {
			for (size_t at = 0; at < len; at += step)
				vz_verity_add(v, data + at, len - at < step ? len - at : step);
			vz_verity_end(v, &d);
			vz_digest_hex(&d, got);
			ck_assert_str_eq(got, want);
		}
		vz_verity_free(v);
		seen++;
	}
	ck_assert_int_gt(seen, 10);
}
END_TEST

START_TEST(test_hex)
{
	struct vz_digest d, e;
	char hex[VZ_HEX_LEN + 1];

	vz_sha256("abc", 3, &d);
	vz_digest_hex(&d, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert(vz_digest_parse("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", &e));
	ck_assert_int_eq(vz_digest_cmp(&d, &e), 0);
	ck_assert(!vz_digest_parse("ba78", &e));
	hex[3] = 'g';
	ck_assert(!vz_digest_parse(hex, &e));
	ck_assert_ptr_null(vz_hash_new("nonsense"));
}
END_TEST

/* Of "abc", FIPS 180-4's examples. */
START_TEST(test_algo)
{
	static const char *const sums[] = {
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
		("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
		 "454d4423643ce80e2a9ac94fa54ca49f"),
	};
	char hex[VZ_HASH_MAX];

	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
		struct vz_hash *h = vz_hash_new(vz_hash_algo(sums[i]));

		vz_hash_add(h, "abc", 3);
		vz_hash_end_hex(h, hex);
		vz_hash_free(h);
		ck_assert_str_eq(hex, sums[i]);
	}
	hex[0] = 'D';
	ck_assert_ptr_null(vz_hash_algo(hex));
	ck_assert_ptr_null(vz_hash_algo("a9993e364706816aba3e25717850c26c9cd0d89d"));
	ck_assert_ptr_null(vz_hash_algo("900150983cd24fb0d6963f7d28e17f72"));
	ck_assert_ptr_null(vz_hash_algo(""));
}
END_TEST

UNIT_MAIN("digest", test_verity_vectors, test_hex, test_algo)
