/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/unpack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <solv/solv_xfopen.h>            /* wants stdio.h */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"

#define PIECE (256 << 10)

struct work {
	FILE *in;
	int pipe_in, pipe_out;
	uint64_t limit;
	struct vz_unpacked result;
	struct vz_err err;
	int failed;
};

static int copy(struct work *w, struct vz_hash *hash, char *piece)
{
	size_t n;

	while ((n = fread(piece, 1, PIECE, w->in)) > 0) {
		w->result.size += n;
		if (w->result.size > w->limit)
			return vz_err_set(&w->err, VZ_UNTRUSTED, "larger than the %llu bytes it may have", (unsigned long long)w->limit);
		vz_hash_add(hash, piece, n);
		if (vz_write_fd(w->pipe_in, piece, n, &w->err) < 0)
			return -1;
	}
	return ferror(w->in) ? vz_err_set(&w->err, VZ_UNTRUSTED, "damaged compressed data") : 0;
}

static void *decompress(void *arg)
{
	struct work *w = arg;
	struct vz_hash *hash = vz_hash_new("SHA256");
	auto_free char *piece = vz_alloc(PIECE), *hex = vz_alloc(129);

	w->failed = copy(w, hash, piece);
	vz_hash_end_hex(hash, hex);
	memcpy(w->result.sha256, hex, sizeof w->result.sha256);
	vz_hash_free(hash);
	close(w->pipe_in);
	return NULL;
}

static int consume(struct work *w, vz_unpack_sink sink, void *ctx, struct vz_err *err)
{
	auto_free char *piece = vz_alloc(PIECE);
	ssize_t n;

	while ((n = read(w->pipe_out, piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read decompressed data");
		if (sink(ctx, piece, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

static int run(struct work *w, vz_unpack_sink sink, void *ctx, struct vz_err *err)
{
	sigset_t all, before;
	pthread_t thread;
	int failed;

	/* signals are the main thread's; a reader that gave up must not kill us with SIGPIPE */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, NULL, decompress, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		errno = failed;
		close(w->pipe_in);
		close(w->pipe_out);
		return vz_err_sys(err, "start a thread");
	}
	failed = consume(w, sink, ctx, err);
	close(w->pipe_out);
	pthread_join(thread, NULL);
	if (failed)
		return -1;
	if (w->failed)
		*err = w->err;
	return w->failed;
}

int vz_unpack(int fd, const char *name, uint64_t limit, vz_unpack_sink sink, void *ctx, struct vz_unpacked *ret,
	      struct vz_err *err)
{
	struct work w = { .limit = limit };
	auto_fd int in = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int pair[2], failed;

	if (in < 0 || lseek(in, 0, SEEK_SET) < 0 || !(w.in = solv_xfopen_fd(name, in, "r")))
		return vz_err_set(err, VZ_FAILED, "decompress '%s': not possible with this libsolv", name);
	in = -1;
	if (pipe2(pair, O_CLOEXEC) < 0) {
		fclose(w.in);
		return vz_err_sys(err, "pipe");
	}
	fcntl(pair[1], F_SETPIPE_SZ, 1 << 20);
	w.pipe_out = pair[0];
	w.pipe_in = pair[1];
	failed = run(&w, sink, ctx, err);
	fclose(w.in);
	if (!failed)
		*ret = w.result;
	return failed;
}
