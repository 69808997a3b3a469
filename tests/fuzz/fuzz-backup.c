/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup that somebody made, as it is read before it is judged. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "share/restore_read.h"
#include "tests/fuzz/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_fd int fd = memfd_create("backup", MFD_CLOEXEC);
	auto_restore_read struct vz_restore_read read = {0};
	struct vz_parcel_take t = { .other = vz_restore_item, .ctx = &read };
	auto_blob_reader struct vz_blob_reader *r = NULL;
	struct vz_err err = {0};

	fuzz_open();
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	t.store = fuzz_store;
	r = vz_blob_reader_new(fd, 0, size, 1 << 20);
	if ((vz_parcel_take(&t, r, &err) < 0 || vz_restore_complete(&read, &err) < 0) && !err.msg[0])
		abort();
	return 0;
}
