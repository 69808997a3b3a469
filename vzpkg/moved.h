/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the verbs that move environments say of it.
 */
#ifndef VZPKG_MOVED_H
#define VZPKG_MOVED_H

#include <time.h>

#include "vzpkg/cli.h"
#include "vzpkg/json.h"

/* On stdout a line, and one for each private file that is changed, which --quiet leaves out; on stderr one for each
 * conflict and each process left behind. Nothing with --json. */
void vz_print_moved(const struct vz_cli *cli, const struct vz_json_moved *m);
double vz_seconds_since(const struct timespec *start);

#endif
