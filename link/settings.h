/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings of an environment: what its owner chose, and no generation changes.
 *
 *     envs/<name>/settings.json       absent where everything is as it comes
 *
 * A document (store/document.h) of format "vzpkg-settings 1": the members of
 * struct vz_settings under their names, absent where zero or empty.
 */
#ifndef LINK_SETTINGS_H
#define LINK_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/texts.h"
#include "store/store.h"

struct vz_settings {
	char *hostname;                  /* NULL: the environment's name */
	bool stay;                       /* scheduled updates leave it alone (`set --follow no`) */
	bool started;                    /* to be running: `start --all` sees to it after a boot */
	double cpus;                     /* processors' worth of time; 0: no limit, as for all below */
	uint64_t memory;                 /* bytes */
	uint64_t pids;                   /* processes and threads */
	unsigned io_weight;              /* 1 to 10000, of cgroup v2's io.weight */
	struct vz_texts command;         /* what `start` runs; empty: nothing but the init that reaps */
};

void vz_settings_release(struct vz_settings *s);
#define auto_settings __attribute__((cleanup(vz_settings_release)))

/* The name as a host of `env`: the one chosen, or its own, cut to what a kernel takes. To be freed. */
char *vz_settings_hostname(const struct vz_settings *settings, const char *env);

/* Of an environment that exists. VZ_DAMAGED. */
int vz_settings_read(const struct vz_store *s, const char *env, struct vz_settings *ret, struct vz_err *err);
/* Durable when it returns. The caller holds the environment's lock. */
int vz_settings_write(struct vz_store *s, const char *env, const struct vz_settings *settings, struct vz_err *err);

/* Changes one of them, as an administrator writes it:
 *     cpus        "1.5", at least 0.01          memory   "512M", "2G" (powers of 1024), at least 16M
 *     pids        "100"                         io-weight   "1" to "10000"
 *     hostname    "www.example.org"             follow   "yes", "no"
 * "none", and of numbers "0", takes a limit away, and gives the environment its own name back as the host's.
 * VZ_USAGE says what would be right. */
int vz_settings_set(struct vz_settings *settings, const char *key, const char *value, struct vz_err *err);

/* The format itself, for tests and fuzzing. VZ_DAMAGED. */
int vz_settings_format(const struct vz_settings *settings, struct vz_buf *ret, struct vz_err *err);
int vz_settings_parse(const char *text, size_t len, struct vz_settings *ret, struct vz_err *err);

#endif
