/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/request.h"

#include <string.h>

#include "base/alloc.h"

bool vz_is_pattern(const char *s)
{
	return strpbrk(s, "*?[");
}

bool vz_request_parse(const char *item, struct vz_request *ret)
{
	size_t what = strcspn(item, "<=>"), ops = strspn(item + what, "<=>");
	const char *version = item + what + ops, *op = item + what;
	unsigned seen = 0;

	memset(ret, 0, sizeof *ret);
	if (!what || ops > 2 || (ops && !*version) || strpbrk(version, "<=>"))
		return false;
	for (size_t i = 0; i < ops; i++)
		seen |= op[i] == '>' ? VZ_OP_GREATER : op[i] == '<' ? VZ_OP_LESS : VZ_OP_EQUAL;
	/* ">=", "<=", and dpkg's ">>", "<<"; not "==", "=>", "<>" */
	if (ops == 2 && (*op == '=' || (op[1] != '=' && op[1] != *op)))
		return false;
	if (vz_is_pattern(version) && seen != VZ_OP_EQUAL)
		return false;
	*ret = (struct vz_request){ vz_strndup(item, what), seen, ops ? vz_strdup(version) : NULL };
	return true;
}

void vz_request_release(struct vz_request *q)
{
	free(q->what);
	free(q->version);
	memset(q, 0, sizeof *q);
}
