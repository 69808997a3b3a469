/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person sees: progress and errors on stderr, tables on stdout.
 *
 * On a terminal, one line is redrawn while work goes on; elsewhere each stage
 * is a plain line.  NO_COLOR, -q, -v and --no-progress are obeyed.  Safe from
 * several threads.
 */
#ifndef VZPKG_TERMINAL_H
#define VZPKG_TERMINAL_H

#include <stdint.h>

#include "vzpkg/cli.h"

/* Fills cli->report by the options as known so far; may be called again. */
void vz_terminal_setup(struct vz_cli *cli);
/* Removes the progress line. */
void vz_terminal_end(void);
/* "vzpkg: error: …" and "hint: …" on stderr; with --json the error document on stdout too. */
void vz_terminal_error(const struct vz_cli *cli, const struct vz_err *err);

/* "12.3 MiB"; in a buffer of at least 16 bytes, which is returned. */
const char *vz_human_bytes(uint64_t n, char *buf);
/* "2026-11-22 08:12" in local time; at least 32 bytes. */
const char *vz_human_time(int64_t t, char *buf);

#endif
