/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A parcel that somebody sent, into a store. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "share/parcel.h"
#include "tests/fuzz/ingest.h"

#define PACKAGE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_fd int fd = memfd_create("parcel", MFD_CLOEXEC);
	auto_blob_reader struct vz_blob_reader *r = NULL;
	struct vz_parcel_take t = { .record = PACKAGE };
	struct vz_err err = {0};

	fuzz_open();
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	t.store = fuzz_store;
	r = vz_blob_reader_new(fd, 0, size, 1 << 20);
	if (vz_parcel_take(&t, r, &err) < 0 && !err.msg[0])
		abort();
	return 0;
}
