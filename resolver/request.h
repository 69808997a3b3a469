/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests: one item of a recipe's `install` list, WHAT or WHAT OP VERSION
 * without white space.  WHAT is read by the family's own rules (find.h).  OP is
 * =, >=, <=, > or <.  "=" takes a pattern as well: `nginx = 1.22*`.
 */
#ifndef RESOLVER_REQUEST_H
#define RESOLVER_REQUEST_H

#include <stdbool.h>

enum vz_op { VZ_OP_GREATER = 1, VZ_OP_EQUAL = 2, VZ_OP_LESS = 4 };

struct vz_request {
	char *what;
	unsigned ops;            /* of enum vz_op; 0: any version */
	char *version;           /* NULL with ops 0 */
};

/* False if there is an OP without one of its sides. */
bool vz_request_parse(const char *item, struct vz_request *ret);
void vz_request_release(struct vz_request *q);
#define auto_request __attribute__((cleanup(vz_request_release)))
/* Has it one of * ? [ */
bool vz_is_pattern(const char *s);

#endif
