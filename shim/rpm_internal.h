/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What shim/rpm.c and shim/rpm_files.c share of an open package: the only
 * header here with librpm's types, included by nobody else.
 */
#ifndef SHIM_RPM_INTERNAL_H
#define SHIM_RPM_INTERNAL_H

#include <rpm/header.h>
#include <rpm/rpmarchive.h>
#include <rpm/rpmfi.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmio.h>
#include <rpm/rpmtag.h>
#include <rpm/rpmtd.h>

#include "shim/rpm.h"

struct vz_rpm_header {
	const char *bytes;       /* its magic first; in the blob */
	size_t len;
	Header h;                /* NULL until it is parsed */
	struct rpmtd_s td;       /* what vz_rpm_string() gave last, by tag */
};

struct vz_rpm {
	int fd;                  /* the caller's, or -1 */
	char *blob;
	size_t blob_len;
	struct vz_rpm_header parts[2];
	rpmfiles files;
	struct rpmtd_s digests;
	size_t n_files;
	FD_t payload;
	rpmfi reader;
	char *piece;
	bool ended;
};

#endif
