/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store for fuzz targets that ingest: one a process, in a directory that goes at its end. */
#ifndef TESTS_FUZZ_INGEST_H
#define TESTS_FUZZ_INGEST_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/ingest.h"
#include "tests/unit/scratch.h"

#define FUZZ_KEY "00000000000000000000000000000000000000000000000000000000000000ff"

static char *fuzz_dir;
static struct vz_store *fuzz_store;

static void fuzz_end(void)
{
	vz_store_close(fuzz_store);
	scratch_free(&fuzz_dir);
}

static void fuzz_open(void)
{
	struct vz_err err;

	if (fuzz_store)
		return;
	fuzz_dir = scratch_new();
	fuzz_store = vz_store_open(fuzz_dir, VZ_STORE_CHANGE, &err);
	if (!fuzz_store)
		abort();
	atexit(fuzz_end);
}

/* What is taken must be readable as a record, and no path in it may lead out. */
static inline void fuzz_ingest(const char *family, const void *package, size_t len)
{
	auto_fd int fd = memfd_create("package", MFD_CLOEXEC);
	struct vz_ingest_result result;
	struct vz_err err;

	fuzz_open();
	if (fd < 0 || write(fd, package, len) != (ssize_t)len)
		abort();
	if (vz_ingest(fuzz_store, family, fd, FUZZ_KEY, &result, &err) == 0) {
		auto_record struct vz_record *r = vz_record_read(fuzz_store, FUZZ_KEY, &err);

		if (!r || unlinkat(vz_store_fd(fuzz_store), "packages/" FUZZ_KEY, 0) < 0)
			abort();
	}
}

#endif
