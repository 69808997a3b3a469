/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/fd.h"
#include "resolver/state.h"
#include "tests/unit/scratch.h"

START_TEST(test_format_parse)
{
	const struct vz_source_state s = { 1700000000, 1600000000, true };
	struct vz_source_state got = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	vz_source_state_format(&s, &text);
	must(vz_source_state_parse(text.data, text.len, &got, &err));
	ck_assert(got.date == s.date && got.modified == s.modified && got.was_signed);
	/* no bit may flip, nothing be cut off or added */
	for (size_t i = 0; i < text.len * 8; i++) {
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
		must_fail(vz_source_state_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "state");
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
	}
	for (size_t len = 0; len < text.len; len++)
		must_fail(vz_source_state_parse(text.data, len, &got, &err), VZ_DAMAGED, "state");
	vz_buf_putc(&text, '\n');
	must_fail(vz_source_state_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "state");
}
END_TEST

START_TEST(test_files)
{
	auto_scratch char *path = scratch_new();
	struct vz_source_state s = { 5, 0, false };
	struct vz_err err = {0};
	auto_fd int dir = vz_open_dir(AT_FDCWD, path, &err);

	must(vz_source_state_read(dir, &s, &err));
	ck_assert(s.date == 0);
	s = (struct vz_source_state){ 5, 6, true };
	must(vz_source_state_write(dir, &s, &err));
	s = (struct vz_source_state){0};
	must(vz_source_state_read(dir, &s, &err));
	ck_assert(s.date == 5 && s.modified == 6 && s.was_signed);
	must(vz_write_file(dir, VZ_SOURCE_STATE, "", 0, 0600, &err));
	must_fail(vz_source_state_read(dir, &s, &err), VZ_DAMAGED, "state");
}
END_TEST

UNIT_MAIN("state", test_format_parse, test_files)
