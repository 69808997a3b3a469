/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a Debian Packages index to a .solv file.
 *
 * The text is pushed in pieces of any size, as it comes out of a
 * decompressor; what is kept of each stanza is what solving, ordering and
 * downloading need, so the .solv is small and loads fast.  libsolv has a
 * parser of its own, but that keeps neither Essential nor Priority, takes
 * `name:any` for `name`, and stores descriptions that nothing here reads.
 *
 * What the family's own words become in the .solv, next to libsolv's usual
 * names, versions, requires (Pre-Depends behind the prerequisite marker),
 * conflicts (Conflicts and Breaks), recommends and provides:
 *
 *     Multi-Arch: allowed       the package also provides NAME:any
 *     NAME:any in a dependency  stays so; NAME:native and NAME:<own> are NAME
 *     Essential: yes            the package provides vzpkg(essential)
 *     Priority: required        the package provides vzpkg(required)
 *     Priority                  number "vzpkg:priority", 1 (required) to 5
 *     –                         ids "vzpkg:needs": Pre-Depends, marker, Depends, marker, Recommends,
 *                               marker, each in the order written, which libsolv does not keep
 *     –                         number "vzpkg:mention": names in the order in which the index
 *                               first mentions them, by which apt breaks ties
 *     Filename, Size, SHA256    SOLVABLE_MEDIAFILE, _DOWNLOADSIZE, _CHECKSUM
 *
 * Only bytes whose digest was verified may be pushed, or be believed before it is.
 */
#ifndef RESOLVER_INDEX_DEB_H
#define RESOLVER_INDEX_DEB_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"

struct vz_index_deb;

/* `arch` as Debian names it; packages of another one are left out. */
struct vz_index_deb *vz_index_deb_new(const char *arch);
void vz_index_deb_free(struct vz_index_deb *x);
VZ_AUTO(struct vz_index_deb, vz_index_deb_free)
#define auto_index_deb VZ_CLEANUP(vz_index_deb_free)

/* A line that is no field, or a stanza over 4 MiB: VZ_UNTRUSTED with its line number. */
int vz_index_deb_add(struct vz_index_deb *x, const char *text, size_t len, struct vz_err *err);
/* The end of the text. Writes the .solv to `fd`, from its offset on. `ret_bad`
 * counts stanzas that were left out because a field was missing or malformed. */
int vz_index_deb_end(struct vz_index_deb *x, int fd, size_t *ret_bad, struct vz_err *err);

#endif
