/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Packages index gives the same .solv however it is cut into pieces, and
 * what is in that .solv can be loaded, solved over and put in order.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/fd.h"
#include "resolver/index_deb.h"
#include "resolver/order.h"
#include "resolver/plan.h"
#include "resolver/solve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The .solv, or -1. */
static int make(const char *text, size_t len, size_t piece, struct vz_buf *ret)
{
	auto_index_deb struct vz_index_deb *x = vz_index_deb_new("amd64");
	int fd = memfd_create("index", MFD_CLOEXEC);
	struct vz_err err;
	size_t bad;
	int failed = 0;

	for (size_t at = 0; at < len && !failed; at += piece)
		failed = vz_index_deb_add(x, text + at, len - at < piece ? len - at : piece, &err);
	if (failed || vz_index_deb_end(x, fd, &bad, &err) < 0) {
		close(fd);
		return -1;
	}
	lseek(fd, 0, SEEK_SET);
	if (vz_read_fd(fd, 1 << 30, ret, &err) < 0)
		abort();
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void use(int fd)
{
	auto_universe struct vz_universe *u = vz_universe_new("deb", "amd64");
	auto_ints struct vz_ints all = {0}, order = {0}, base = {0};
	auto_solution struct vz_solution s = {0};
	struct vz_wanted wanted = {0};
	struct vz_err err;
	int previous = 0;

	if (vz_universe_add(u, 0, 50, fd, &err) < 0)
		abort();
	vz_universe_ready(u);
	for (int p = 2; p < vz_universe_count(u); p++) {
		struct vz_package k;

		vz_universe_package(u, p, &k);
		if (!vz_plan_location_is_sane(k.location) || strlen(k.digest) != 64)
			abort();
		if (!previous || strcmp(vz_universe_name(u, previous), k.name) != 0)
			vz_ints_add(&wanted.requests, p);
		previous = p;
	}
	vz_policy_deb.base(u, &base);
	vz_policy_deb.choose(u, &wanted, &all);
	vz_order_deb(u, &wanted.requests, &order);
	if (order.n != wanted.requests.n)
		abort();
	vz_universe_solve(u, NULL, 0, 0, &s);
	vz_ints_release(&wanted.requests);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct vz_buf whole = {0}, pieces = {0};
	auto_fd int a = make((const char *)data, size, size + 1, &whole), b = make((const char *)data, size, 7, &pieces);

	if ((a < 0) != (b < 0))
		abort();
	if (a < 0)
		return 0;
	if (whole.len != pieces.len || memcmp(whole.data, pieces.data, whole.len) != 0)
		abort();
	use(a);
	return 0;
}
