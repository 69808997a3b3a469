/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers that people write: decimal digits and nothing else.  What strtoul
 * takes besides (space in front, a sign, too much wrapped or cut) is refused.
 *
 *     if (!vz_number_parse(argument, MAX_SECONDS, &n))  …  "is not a number of seconds"
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* All of `text` is a number of at most `max`.  False leaves `ret` as it is. */
bool vz_number_parse(const char *text, uint64_t max, uint64_t *ret);

/* `text` begins with a number of at most `max`; `ret_end` is what follows it.  False leaves both as they are. */
bool vz_number_begin(const char *text, uint64_t max, uint64_t *ret, const char **ret_end);

#endif
