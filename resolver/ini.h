/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INI text, line by line, through libinih.
 *
 *     [SECTION]                 a section begins in the first column
 *     KEY = VALUE               `:` is taken for `=`
 *         MORE                  an indented line continues the value
 *     ; comment                 also `#` at the start of a line, and ` ;` behind a value
 *
 * The handler is called for each section when it begins, and for each line of
 * a value, always with the number of the line at hand, so that a message can
 * name the very line.  What sections and keys mean is not known here.  The text
 * must be UTF-8 without control bytes; CR LF is taken for LF.
 */
#ifndef RESOLVER_INI_H
#define RESOLVER_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct vz_ini_line {
	const char *section;     /* what stands between the brackets; "" before the first section */
	const char *key;         /* NULL: the section begins */
	const char *value;       /* without white space around it, without comment */
	bool continued;          /* an indented line: more of the value of the same key */
	unsigned line;           /* from 1 */
};

/* 0 to go on; -1 with `err` filled ends the reading. */
typedef int (*vz_ini_handler)(void *ctx, const struct vz_ini_line *l, struct vz_err *err);

/* `what` names the text in messages. What is not INI is VZ_USAGE, "WHAT:LINE: …". */
int vz_ini_read(const char *text, size_t len, const char *what, vz_ini_handler handler, void *ctx,
		struct vz_err *err);

/* Is it UTF-8 without control bytes other than white space? VZ_USAGE, "WHAT:LINE: …". */
int vz_ini_check(const char *text, size_t len, const char *what, struct vz_err *err);

#endif
