/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the verbs that move environments say of it.
 */
#ifndef VZPKG_MOVED_H
#define VZPKG_MOVED_H

#include <time.h>

#include "vzpkg/cli.h"
#include "vzpkg/json.h"

/* One line on stdout, and one for each process left behind on stderr; nothing with --json or --quiet. */
void vz_print_moved(const struct vz_cli *cli, const struct vz_json_moved *m);
double vz_seconds_since(const struct timespec *start);

#endif
