/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors: what failed, on what, and what to do.
 *
 * Every fallible function takes a caller-owned `struct vz_err *` as its last
 * parameter, never NULL.  It returns 0 or a pointer on success, -1 or NULL on
 * failure; `err` is filled only on failure.  The message is one lower-case
 * sentence without a full stop, names quoted: "open '/x': no such file".
 *
 *     return vz_err_sys(err, "open '%s'", path);          errno appended
 *     return vz_err_set(err, VZ_UNTRUSTED, "…", …);       a code of our own
 *     return vz_err_wrap(err, "package '%s'", name);      context in front
 *
 * The codes are the process's exit codes; they are a contract with scripts.
 * Control bytes in a message are replaced when it is made, so that text from
 * a repository or an environment cannot reach a terminal as commands.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

enum vz_code {
	VZ_OK = 0,
	VZ_FAILED = 1,      /* anything without a code of its own */
	VZ_USAGE = 2,       /* command line, or a recipe that does not parse */
	VZ_NOTFOUND = 3,    /* no such template, environment, file */
	VZ_UNRESOLVED = 4,  /* dependencies cannot be satisfied; missing package */
	VZ_UNTRUSTED = 5,   /* signature, digest or date */
	VZ_BUSY = 6,        /* locked, or in use */
	VZ_NETWORK = 7,
	VZ_SCRIPT = 8,      /* a package script failed */
	VZ_DAMAGED = 9,     /* the store contradicts itself */
	VZ_DIFFERS = 10,    /* status: out of date or drifted */
	VZ_EXISTS = 11,
};

struct vz_err {
	enum vz_code code;
	char msg[2048];
	char hint[512];     /* what to do about it; "" where nothing is known */
};

/* Fills `err`; a hint of an earlier failure is cleared.  Returns -1. */
int vz_err_set(struct vz_err *err, enum vz_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with VZ_FAILED and ": strerror(errno)" appended.  ENOSPC and EDQUOT
 * add a hint. Returns -1. */
int vz_err_sys(struct vz_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts "CONTEXT: " in front of the message; code and hint stay. Returns -1. */
int vz_err_wrap(struct vz_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Sets the hint. Returns -1, so that it can end a chain. */
int vz_err_hint(struct vz_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Replaces bytes that a terminal could act on (C0, DEL, and C1 as UTF-8) with
 * '?', in place.  `keep_newlines` leaves LF and TAB. */
enum vz_clean { VZ_CLEAN_LINE, VZ_CLEAN_TEXT };
void vz_clean(char *s, enum vz_clean how);

#endif
