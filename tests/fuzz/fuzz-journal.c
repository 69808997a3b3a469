/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever vz_journal_parse() takes is its one text; each change leads to a place inside. */
#include <stdint.h>

#include "base/path.h"
#include "link/journal.h"
#include "tests/fuzz/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const char *text, size_t len)
{
	auto_journal struct vz_journal j = {0};
	auto_buf struct vz_buf again = {0};
	struct vz_err err;

	if (vz_journal_parse(text, len, &j, &err) < 0)
		return;
	if (vz_journal_format(&j, &again, &err) < 0 || again.len != len || memcmp(again.data, text, len) != 0)
		abort();
	for (size_t i = 0; i < j.n; i++)
		if (*j.changes[i].path != '/' || !vz_path_is_sane(j.changes[i].path))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *line = vz_strndup((const char *)data, size), *text = with_checksum((const char *)data, size);
	struct vz_journal_change c = {0};
	struct vz_err err;

	round_trip((const char *)data, size);
	if (text)
		round_trip(text, strlen(text));
	vz_journal_parse_change(line, &c, &err);
	free(c.path);
	return 0;
}
