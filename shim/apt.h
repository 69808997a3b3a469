/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libapt-pkg behind plain C: .deb archives, Debian control text, Debian
 * versions, and the host's own apt configuration.
 *
 * The C++ is one file, shim/apt.cc.  No exception and no libapt-pkg type
 * crosses this header.  All functions may be called from several threads at
 * once on different objects; the library is initialised by the first call that
 * needs it.
 */
#ifndef SHIM_APT_H
#define SHIM_APT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A .deb open for reading: its control archive and its data archive, one after
 * the other, decompressed, as tar.  Decompression is in the process, by the
 * library that belongs to the member's name (.gz, .xz, .zst, .bz2, .lzma, none).
 * What the tar says is store/tar.h's matter: libapt-pkg's own tar reader drops
 * the prefix field of ustar headers and skips types that it does not know.
 */
struct vz_apt_deb;

/* Checks the ar structure as deb(5) has it: "debian-binary" first with version
 * 2.x, then one control.tar and one data.tar; members in between begin with
 * "_". `fd` is read from its start, is not closed, and must not be used by
 * others before vz_apt_deb_close(). */
struct vz_apt_deb *vz_apt_deb_open(int fd, struct vz_err *err);
enum vz_apt_archive { VZ_APT_CONTROL, VZ_APT_DATA };
/* Goes to the start of an archive. */
int vz_apt_deb_begin(struct vz_apt_deb *d, enum vz_apt_archive which, struct vz_err *err);
/* The next bytes of the archive; fewer than `len` only at its end, 0 behind it, -1 on
 * an error, to which a member that breaks off belongs. */
ptrdiff_t vz_apt_deb_read(struct vz_apt_deb *d, void *buf, size_t len, struct vz_err *err);
void vz_apt_deb_close(struct vz_apt_deb *d);   /* takes NULL */

/* Control text (deb822): calls `field` for each field of each stanza; `stanza`
 * numbers from 0. Values: continuation lines as they stand, leading white
 * space of the first line and trailing white space removed. A non-zero return
 * ends the reading: vz_apt_control_read() is then -1, with what `field` put
 * into `err`. Text with a NUL byte, or a line that is neither a field nor its
 * continuation, is an error. */
typedef int (*vz_apt_field)(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err);
int vz_apt_control_read(const char *text, size_t len, vz_apt_field field, void *ctx, struct vz_err *err);

/* < 0, 0, > 0 as Debian orders versions. */
int vz_apt_version_cmp(const char *a, const char *b);

/* The base URIs that the host's apt configuration uses for an archive, in its
 * order, without duplicates: sources whose URI path ends in `archive`
 * ("debian", "debian-security"). NULL-terminated, to be freed with
 * vz_apt_uris_free(). Empty list if there are none. */
char **vz_apt_host_uris(const char *archive, struct vz_err *err);
void vz_apt_uris_free(char **uris);
/* Debian's name of this host's architecture ("amd64"); static. */
const char *vz_apt_host_arch(void);

#ifdef __cplusplus
}
#endif
#endif
