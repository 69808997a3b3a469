/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "shim/rpm_internal.h"

#define PIECE (128 << 10)
#define MAX_LINK 4096
/* nothing that would need tags which are not checked below */
#define FILES_FLAGS \
	(RPMFI_KEEPHEADER | RPMFI_NOFILECLASS | RPMFI_NOFILEDEPS | RPMFI_NOFILELANGS | RPMFI_NOFILESTATES | \
	 RPMFI_NOFILEVERIFYFLAGS | RPMFI_NOFILESIGNATURES | RPMFI_NOVERITYSIGNATURES)

enum need { NEEDED, OPTIONAL };

/* The tags that librpm makes its file list of; each has one value a file. */
static const struct {
	rpmTagVal tag;
	rpmTagType type;
	enum need need;
} tags[] = {
	{ RPMTAG_BASENAMES, RPM_STRING_ARRAY_TYPE, NEEDED },     { RPMTAG_DIRINDEXES, RPM_INT32_TYPE, NEEDED },
	{ RPMTAG_FILEMODES, RPM_INT16_TYPE, NEEDED },            { RPMTAG_FILEFLAGS, RPM_INT32_TYPE, NEEDED },
	{ RPMTAG_FILEMTIMES, RPM_INT32_TYPE, NEEDED },           { RPMTAG_FILERDEVS, RPM_INT16_TYPE, NEEDED },
	{ RPMTAG_FILEDIGESTS, RPM_STRING_ARRAY_TYPE, NEEDED },   { RPMTAG_FILELINKTOS, RPM_STRING_ARRAY_TYPE, NEEDED },
	{ RPMTAG_FILEUSERNAME, RPM_STRING_ARRAY_TYPE, NEEDED },  { RPMTAG_FILEGROUPNAME, RPM_STRING_ARRAY_TYPE, NEEDED },
	{ RPMTAG_FILESIZES, RPM_INT32_TYPE, OPTIONAL },          { RPMTAG_LONGFILESIZES, RPM_INT64_TYPE, OPTIONAL },
	{ RPMTAG_FILEINODES, RPM_INT32_TYPE, OPTIONAL },         { RPMTAG_FILEDEVICES, RPM_INT32_TYPE, OPTIONAL },
	{ RPMTAG_FILECAPS, RPM_STRING_ARRAY_TYPE, OPTIONAL },    { RPMTAG_FILECOLORS, RPM_INT32_TYPE, OPTIONAL },
};

/* Not of files that were packed with today's formats, and nothing here would check them. */
static const rpmTagVal refused[] = { RPMTAG_OLDFILENAMES, RPMTAG_ORIGBASENAMES, RPMTAG_ORIGDIRNAMES, RPMTAG_ORIGDIRINDEXES };

static int check_tags(Header h, size_t n, struct vz_err *err)
{
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		struct rpmtd_s td;
		bool good;

		if (!headerGet(h, tags[i].tag, &td, HEADERGET_MINMEM)) {
			if (tags[i].need == OPTIONAL)
				continue;
			return vz_err_set(err, VZ_FAILED, "header: it has files but no '%s'", rpmTagGetName(tags[i].tag));
		}
		good = td.type == tags[i].type && td.count == n;
		rpmtdFreeData(&td);
		if (!good)
			return vz_err_set(err, VZ_FAILED, "header: '%s' is not one value a file", rpmTagGetName(tags[i].tag));
	}
	if (headerIsEntry(h, RPMTAG_FILESIZES) == headerIsEntry(h, RPMTAG_LONGFILESIZES))
		return vz_err_set(err, VZ_FAILED, "header: it has no file sizes, or two kinds of them");
	if (headerIsEntry(h, RPMTAG_FILEINODES) != headerIsEntry(h, RPMTAG_FILEDEVICES))
		return vz_err_set(err, VZ_FAILED, "header: inodes without devices, or devices without inodes");
	return 0;
}

/* Directories begin and end with a slash, and base names have none: then a path says one thing only. */
static int check_dirs(Header h, struct vz_err *err)
{
	struct rpmtd_s td;
	int rc = 0;

	if (!headerGet(h, RPMTAG_DIRNAMES, &td, HEADERGET_MINMEM))
		return vz_err_set(err, VZ_FAILED, "header: it has files but no 'Dirnames'");
	if (td.type != RPM_STRING_ARRAY_TYPE)
		rc = vz_err_set(err, VZ_FAILED, "header: 'Dirnames' is no list of names");
	for (uint32_t i = 0; rc == 0 && i < td.count; i++) {
		const char *dir = ((const char **)td.data)[i];

		if (*dir != '/' || dir[strlen(dir) - 1] != '/')
			rc = vz_err_set(err, VZ_FAILED, "'%s': no absolute directory", dir);
	}
	rpmtdFreeData(&td);
	return rc;
}

static int check_names(const struct vz_rpm *r, struct vz_err *err)
{
	for (size_t i = 0; i < r->n_files; i++) {
		const char *base = rpmfilesBN(r->files, (int)i), *dir = rpmfilesDN(r->files, rpmfilesDI(r->files, (int)i));
		rpm_mode_t mode = rpmfilesFMode(r->files, (int)i);

		/* the root itself has no name */
		if (strchr(base, '/') || (!*base && strcmp(dir, "/")))
			return vz_err_set(err, VZ_FAILED, "'%s%s': a bad name", dir, base);
		/* librpm reads so many bytes of target from the payload at once */
		if (S_ISLNK(mode) && rpmfilesFSize(r->files, (int)i) > MAX_LINK)
			return vz_err_set(err, VZ_FAILED, "'%s%s': a link with an empty or too long target", dir, base);
	}
	return 0;
}

int vz_rpm_files(struct vz_rpm *r, size_t *ret_n, struct vz_err *err)
{
	struct rpmtd_s td;
	Header h;

	if (vz_rpm_check(r, VZ_RPM_HEADER, err) < 0)
		return -1;
	h = r->parts[VZ_RPM_HEADER].h;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (headerIsEntry(h, refused[i]))
			return vz_err_set(err, VZ_FAILED, "header: '%s', of another format", rpmTagGetName(refused[i]));
	if (!r->files && headerGet(h, RPMTAG_BASENAMES, &td, HEADERGET_MINMEM)) {
		r->n_files = td.count;
		rpmtdFreeData(&td);
		if (r->n_files > VZ_RPM_MAX_FILES)
			return vz_err_set(err, VZ_FAILED, "the package has more than %d files", VZ_RPM_MAX_FILES);
		if (check_tags(h, r->n_files, err) < 0 || check_dirs(h, err) < 0)
			return -1;
		headerGet(h, RPMTAG_FILEDIGESTS, &r->digests, HEADERGET_MINMEM);
	}
	if (!r->files)
		r->files = rpmfilesNew(NULL, h, RPMTAG_BASENAMES, FILES_FLAGS);
	if (!r->files || rpmfilesFC(r->files) != r->n_files)
		return vz_err_set(err, VZ_FAILED, "header: its list of files is malformed");
	if (check_names(r, err) < 0)
		return -1;
	*ret_n = r->n_files;
	return 0;
}

void vz_rpm_file(const struct vz_rpm *r, size_t i, struct vz_rpm_file *ret)
{
	int ix = (int)i;
	char *path = rpmfilesFN(r->files, ix);
	rpm_rdev_t rdev = rpmfilesFRdev(r->files, ix);
	const char *caps = rpmfilesFCaps(r->files, ix), *target = rpmfilesFLink(r->files, ix);

	*ret = (struct vz_rpm_file){
		.path = path, .target = target ? target : "", .caps = caps ? caps : "",
		.user = rpmfilesFUser(r->files, ix), .group = rpmfilesFGroup(r->files, ix),
		.mode = rpmfilesFMode(r->files, ix), .major = major(rdev), .minor = minor(rdev),
		.flags = rpmfilesFFlags(r->files, ix), .color = rpmfilesFColor(r->files, ix),
		.size = rpmfilesFSize(r->files, ix), .mtime = rpmfilesFMtime(r->files, ix),
		.digest = ((const char **)r->digests.data)[i],
	};
}

ptrdiff_t vz_rpm_find(const struct vz_rpm *r, const char *path)
{
	return rpmfilesFindFN(r->files, path);
}

size_t vz_rpm_links(const struct vz_rpm *r, size_t i, const int **ret)
{
	return rpmfilesFLinks(r->files, (int)i, ret);
}

bool vz_rpm_differ(const struct vz_rpm *a, size_t i, const struct vz_rpm *b, size_t k)
{
	return rpmfilesCompare(a->files, (int)i, b->files, (int)k) != 0;
}

/*
 * The payload.
 */

static int open_payload(struct vz_rpm *r, struct vz_err *err)
{
	static const struct { const char *name, *io; } known[] = {
		{ "gzip", "r.gzdio" },  { "xz", "r.xzdio" },   { "zstd", "r.zstdio" },
		{ "bzip2", "r.bzdio" }, { "lzma", "r.lzdio" },
	};
	const char *format = vz_rpm_string(r, VZ_RPM_HEADER, VZ_RPM_PAYLOADFORMAT, 0), *how, *io = NULL;

	if (format && strcmp(format, "cpio"))
		return vz_err_set(err, VZ_FAILED, "its payload has the unknown format '%s'", format);
	how = vz_rpm_string(r, VZ_RPM_HEADER, VZ_RPM_PAYLOADCOMPRESSOR, 0);
	/* rpm does not say what is not compressed, nor in old packages what is gzip; gzdio reads both */
	if (!how)
		how = "gzip";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].name, how))
			io = known[i].io;
	if (!io)
		return vz_err_set(err, VZ_FAILED, "its payload is compressed with '%s', which is unknown", how);
	r->payload = fdDup(r->fd);
	if (!r->payload || lseek(Fileno(r->payload), (off_t)vz_rpm_payload_offset(r), SEEK_SET) < 0)
		return vz_err_sys(err, "open the payload");
	if (!(r->payload = Fdopen(r->payload, io)) || Ferror(r->payload))
		return vz_err_set(err, VZ_FAILED, "its payload cannot be opened as %s", how);
	/* with every name of an inode as it comes: what puts contents first takes the square of their number */
	r->reader = rpmfiNewArchiveReader(r->payload, r->files, RPMFI_ITER_READ_ARCHIVE);
	r->piece = vz_alloc(PIECE);
	return r->reader ? 0 : vz_err_set(err, VZ_FAILED, "its payload cannot be read");
}

/* Behind the last entry there is only padding; reading to the end lets the decompressor check its sums. */
static int finish(struct vz_rpm *r, struct vz_err *err)
{
	size_t had = 0;
	ssize_t n;

	while ((n = Fread(r->piece, 1, PIECE, r->payload)) > 0) {
		had += (size_t)n;
		for (ssize_t i = 0; i < n; i++)
			if (r->piece[i] || had > 4096)
				return vz_err_set(err, VZ_FAILED, "something follows the end of its payload");
	}
	if (n < 0 || Ferror(r->payload))
		return vz_err_set(err, VZ_FAILED, "its payload is damaged at the end");
	r->ended = true;
	return 0;
}

int vz_rpm_next(struct vz_rpm *r, size_t *ret, struct vz_err *err)
{
	int i;

	if (r->ended)
		return 0;
	if (!r->reader && open_payload(r, err) < 0)
		return -1;
	i = rpmfiNext(r->reader);
	if (i >= 0) {
		*ret = (size_t)i;
		return 1;
	}
	if (i == RPMERR_ITER_END)
		return finish(r, err);
	if (i == RPMERR_MISSING_FILE)
		return vz_err_set(err, VZ_FAILED, "files that its header lists are missing in its payload");
	if (i == RPMERR_UNMAPPED_FILE)
		return vz_err_set(err, VZ_FAILED, "its payload has a file that its header does not list");
	return vz_err_set(err, VZ_FAILED, "its payload is damaged");
}

ptrdiff_t vz_rpm_data(struct vz_rpm *r, const void **ret, struct vz_err *err)
{
	ssize_t n = rpmfiArchiveRead(r->reader, r->piece, PIECE);

	if (n < 0)
		return vz_err_set(err, VZ_FAILED, "its payload is damaged");
	*ret = r->piece;
	return n;
}

uint64_t vz_rpm_unpacked(const struct vz_rpm *r)
{
	return rpmfiArchiveTell(r->reader);
}
