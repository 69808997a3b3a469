/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shim/capability.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/capability.h>

#define SET_BITS 64

static uint64_t bits(cap_t caps, cap_flag_t set)
{
	uint64_t all = 0;
	cap_flag_value_t value;

	for (cap_value_t c = 0; c < SET_BITS; c++)
		if (cap_get_flag(caps, c, set, &value) == 0 && value == CAP_SET)
			all |= UINT64_C(1) << c;
	return all;
}

static void put_le32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

int vz_capability_read(const char *text, unsigned char ret[VZ_CAPABILITY_LEN], struct vz_err *err)
{
	cap_t caps = cap_from_text(text);
	uint64_t permitted, inheritable, effective;

	if (!caps)
		return vz_err_set(err, VZ_FAILED, "'%s' are no file capabilities", text);
	permitted = bits(caps, CAP_PERMITTED);
	inheritable = bits(caps, CAP_INHERITABLE);
	effective = bits(caps, CAP_EFFECTIVE);
	cap_free(caps);
	if (effective && effective != (permitted | inheritable))
		return vz_err_set(err, VZ_FAILED, "'%s' are no file capabilities: not all of them are effective", text);
	put_le32(ret, VFS_CAP_REVISION_2 | (effective ? VFS_CAP_FLAGS_EFFECTIVE : 0));
	for (int half = 0; half < 2; half++) {
		put_le32(ret + 4 + 8 * half, (uint32_t)(permitted >> 32 * half));
		put_le32(ret + 8 + 8 * half, (uint32_t)(inheritable >> 32 * half));
	}
	return 0;
}
