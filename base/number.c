/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"

bool vz_number_begin(const char *text, uint64_t max, uint64_t *ret, const char **ret_end)
{
	const char *p = text;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (p == text)
		return false;
	*ret = n;
	*ret_end = p;
	return true;
}

bool vz_number_parse(const char *text, uint64_t max, uint64_t *ret)
{
	const char *end;
	uint64_t n;

	if (!vz_number_begin(text, max, &n, &end) || *end)
		return false;
	*ret = n;
	return true;
}
