/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM headers: the form a database keeps, and what configuring asks of one, as
 * plain values.
 *
 * A record's member "header" is what stands before a package's payload: the
 * signature header and the header.  Installing joins them, keeps the signed
 * region byte for byte, and adds when it was installed and the state of its
 * files; vz_rpm_installed() does that.  The result is what a database has in
 * each entry, and what vz_rpm_package_read() takes apart.
 *
 * Formats and names of tags: librpm 4.18, rpmtag.h.
 */
#ifndef BUILDER_RPM_HEADER_H
#define BUILDER_RPM_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define VZ_RPM_LUA "<lua>"       /* the program of a script that rpm itself interprets */

struct vz_rpm_script {
	char **program;          /* with its arguments; NULL: there is no script */
	size_t n_program;
	char *body;              /* NULL: the program alone */
	bool expand, format;     /* macros, then a query format, are expanded in the body at the last moment */
};

/* "-- NAME OP VERSION", or for file triggers the beginning of a path. */
struct vz_rpm_condition {
	char *name, *version;
	uint32_t flags;          /* RPMSENSE_*, see vz_rpm_sense */
	uint32_t script;         /* index in its list */
};

enum vz_rpm_sense {
	VZ_RPM_TRIGGERIN = 1 << 16,
	VZ_RPM_TRIGGERPREIN = 1 << 25,
};

struct vz_rpm_triggers {
	struct vz_rpm_condition *conditions;     /* in the header's order */
	size_t n_conditions;
	struct vz_rpm_script *scripts;
	uint32_t *priorities;                    /* file triggers: of each script */
	size_t n_scripts;
};

enum vz_rpm_moment { VZ_RPM_PRETRANS, VZ_RPM_PRE, VZ_RPM_POST, VZ_RPM_POSTTRANS, VZ_RPM_MOMENTS };
enum vz_rpm_kind { VZ_RPM_TRIGGER, VZ_RPM_FILE_TRIGGER, VZ_RPM_TRANS_FILE_TRIGGER, VZ_RPM_KINDS };

struct vz_rpm_package {
	char *name, *evr, *arch;                 /* evr: "[E:]V-R" */
	char *rpm_version;                       /* that built it, or NULL */
	struct vz_rpm_script scripts[VZ_RPM_MOMENTS];
	struct vz_rpm_triggers triggers[VZ_RPM_KINDS];
	char **files;                            /* paths, sorted */
	size_t n_files;
	char **prefixes;                         /* of a relocatable package */
	size_t n_prefixes;
	char *sysusers;                          /* lines of sysusers.d(5) that it provides, or NULL */
};

void vz_rpm_package_free(struct vz_rpm_package *p);
static inline void vz_rpm_package_free_indirect(struct vz_rpm_package **p) { vz_rpm_package_free(*p); }
#define auto_rpm_package __attribute__((cleanup(vz_rpm_package_free_indirect)))

/* `data`: a record's member "header", with or without the lead. `date`: Unix
 * time of the installation. */
int vz_rpm_installed(const char *data, size_t len, int64_t date, struct vz_buf *ret, struct vz_err *err);
/* An entry of a database, as vz_rpm_installed() makes it. */
struct vz_rpm_package *vz_rpm_package_read(const char *data, size_t len, struct vz_err *err);
/* Does the condition name this package, in this version? */
bool vz_rpm_condition_holds(const struct vz_rpm_condition *c, const char *name, const char *evr);
/* Expands a query format for an entry of a database; for hostile text a matter of the inside. To be freed. */
char *vz_rpm_format(const char *data, size_t len, const char *format);

#endif
