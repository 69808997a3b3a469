/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hostile .rpm files as data: such as must be refused, with what the message then says, and such as
 * are taken and do no harm, with what the record's tree then says.
 */
#ifndef TESTS_RPMATTACKS_H
#define TESTS_RPMATTACKS_H

#include "tests/unit/rpmfile.h"

#define SHA_OF_A "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define STR(text) text, sizeof text
#define TWO "\0\0\0\1\0\0\0\1"

static const struct {
	const char *text;
	struct rpm_spec spec;
} rpm_attacks[] = {
	/* the lead */
	{ "no .rpm package", { .patch = { LEAD, 0, "\xec", 1 } } },
	{ "no .rpm package", { .patch = { LEAD, 4, "\2", 1 } } },
	{ "no .rpm package", { .patch = { LEAD, 4, "\7", 1 } } },
	{ "source package", { .patch = { LEAD, 7, "\1", 1 } } },
	{ "source package", { .tags = { { 1044, 0, 0, NULL, 0 } } } },
	/* the signature header's outer form */
	{ "signature header: it has no magic", { .patch = { SIGNATURE, 0, "\x8f", 1 } } },
	{ "signature header: it has no magic", { .patch = { SIGNATURE, 3, "\2", 1 } } },
	{ "none or too many", { .patch = { SIGNATURE, 8, "\0\0\0\0", 4 } } },
	{ "none or too many", { .patch = { SIGNATURE, 8, "\1\0\0\0", 4 } } },
	{ "none or too many", { .patch = { SIGNATURE, 12, "\2\0\0\0", 4 } } },
	{ "none or too many", { .patch = { SIGNATURE, 12, "\0\0\0\1", 4 } } },
	{ "breaks off", { .patch = { SIGNATURE, 12, "\0\xf0\0\0", 4 } } },
	{ "begin with a region", { .patch = { SIGNATURE, 16, "\0\0\0\77", 4 } } },
	{ "begin with a region", { .patch = { SIGNATURE, 20, "\0\0\0\6", 4 } } },
	{ "begin with a region", { .patch = { SIGNATURE, 24, "\0\0\0\0", 4 } } },
	{ "begin with a region", { .patch = { SIGNATURE, 28, "\0\0\0\40", 4 } } },
	{ "does not hold all", { .patch = { SIGNATURE, -16, "\0\0\0\77", 4 } } },
	{ "does not hold all", { .patch = { SIGNATURE, -8, "\xff\xff\xff\xf0", 4 } } },
	{ "signature header: an entry is malformed", { .patch = { SIGNATURE, 32, "\0\0\0\0", 4 } } },
	{ "signature header: an entry is malformed", { .patch = { SIGNATURE, 36, "\0\0\0\52", 4 } } },
	{ "signature header: an entry is malformed", { .patch = { SIGNATURE, 40, "\xff\xff\0\0", 4 } } },
	/* the header's */
	{ "header: it has no magic", { .patch = { HEADER, 1, "x", 1 } } },
	{ "none or too many", { .patch = { HEADER, 8, "\377\377\377\377", 4 } } },
	{ "none or too many", { .patch = { HEADER, 12, "\177\377\377\377", 4 } } },
	{ "breaks off", { .patch = { HEADER, 12, "\3\377\377\377", 4 } } },
	{ "begin with a region", { .patch = { HEADER, 16, "\0\0\0\76", 4 } } },
	{ "does not hold all", { .patch = { HEADER, -8, "\0\0\0\0", 4 } } },
	{ "does not hold all", { .patch = { HEADER, -4, "\0\0\0\0", 4 } } },
	{ "entry is malformed", { .patch = { HEADER, 36, "\0\0\0\52", 4 } } },
	{ "entry is malformed", { .patch = { HEADER, 40, "\x7f\0\0\0", 4 } } },
	{ "entry is malformed", { .patch = { HEADER, 44, "\x7f\0\0\0", 4 } } },
	/* digests of the package */
	{ "its header does not have the SHA256 digest", { .patch = { HEADER, -20, "z", 1 } } },
	{ "payload does not have the digest", { .patch = { PAYLOAD, 9, "f", 1 } } },
	{ "payload does not have the digest", { .tags = { { 5092, T_STRINGS, 1, STR("00") } } } },
	{ "payload's digest is of the unknown kind 77", { .tags = { { 5093, T_INT32, 1, "\0\0\0\115", 4 } } } },
	{ "entry is malformed", { .tags = { { 5093, T_STRING, 1, STR("8") } } } },
	/* the package's name */
	{ "no proper 'Name'", { .tags = { { 1000, 0, 0, NULL, 0 } } } },
	{ "no proper 'Name'", { .tags = { { 1000, T_STRING, 1, STR("../x") } } } },
	{ "no proper 'Name'", { .tags = { { 1000, T_STRING, 1, STR("") } } } },
	{ "no proper 'Name'", { .tags = { { 1000, T_STRING, 1, STR("a\nb") } } } },
	{ "entry is malformed", { .tags = { { 1000, T_INT32, 1, "\0\0\0\1", 4 } } } },
	{ "no proper 'Version'", { .tags = { { 1001, T_STRING, 1, STR("1-2") } } } },
	{ "no proper 'Version'", { .tags = { { 1001, T_STRING, 1, STR("$(id)") } } } },
	{ "no proper 'Release'", { .tags = { { 1002, T_STRING, 1, STR("1 2") } } } },
	{ "no proper 'Arch'", { .tags = { { 1022, T_STRING, 1, STR("a/b") } } } },
	/* tags that the file list is made of */
	{ "no 'Filemodes'", { .files = { { .path = "/a" } }, .tags = { { 1030, 0, 0, NULL, 0 } } } },
	{ "no 'Dirindexes'", { .files = { { .path = "/a" } }, .tags = { { 1116, 0, 0, NULL, 0 } } } },
	{ "no 'Dirnames'", { .files = { { .path = "/a" } }, .tags = { { 1118, 0, 0, NULL, 0 } } } },
	{ "no 'Fileusername'", { .files = { { .path = "/a" } }, .tags = { { 1039, 0, 0, NULL, 0 } } } },
	{ "entry is malformed", { .files = { { .path = "/a" } }, .tags = { { 1030, T_INT32, 1, "\0\0\1\0", 4 } } } },
	{ "'Filemodes' is not one value a file", { .files = { { .path = "/a" }, { .path = "/b" } }, .tags = { { 1030, T_INT16, 1, "\1\0", 2 } } } },
	{ "'Fileflags' is not one value a file", { .files = { { .path = "/a" } }, .tags = { { 1037, T_INT32, 2, TWO, 8 } } } },
	{ "entry is malformed", { .files = { { .path = "/a" } }, .tags = { { 5010, T_INT8, 1, "A", 1 } } } },
	{ "entry is malformed", { .files = { { .path = "/a", L, "x" } }, .tags = { { 1036, T_INT32, 1, "\1\2\3\4", 4 } } } },
	{ "entry is malformed", { .files = { { .path = "/a" } }, .tags = { { 1117, T_INT32, 1, "\0\0\0\1", 4 } } } },
	{ "entry is malformed", { .files = { { .path = "/a" } }, .tags = { { 1035, T_BIN, 16, "0123456789abcdef", 16 } } } },
	{ "'Dirnames' is no list", { .files = { { .path = "/a" } }, .tags = { { 1118, T_STRING, 1, STR("/") } } } },
	{ "two kinds of", { .files = { { .path = "/a" } }, .tags = { { 5008, T_INT64, 1, "\0\0\0\0\0\0\0\1", 8 } } } },
	{ "no file sizes", { .files = { { .path = "/a" } }, .tags = { { 1028, 0, 0, NULL, 0 } } } },
	{ "inodes without devices", { .files = { { .path = "/a" } }, .tags = { { 1095, 0, 0, NULL, 0 } } } },
	{ "list of files is malformed", { .files = { { .path = "/a" } }, .tags = { { 1116, T_INT32, 1, "\0\0\0\1", 4 } } } },
	{ "list of files is malformed", { .files = { { .path = "/a" } }, .tags = { { 1116, T_INT32, 1, "\xff\xff\xff\xff", 4 } } } },
	{ "of another format", { .files = { { .path = "/a" } }, .tags = { { 9027, T_STRINGS, 1, STR("/a") } } } },
	{ "of another format", { .files = { { .path = "/a" } }, .tags = { { 9120, T_STRINGS, 1, STR("b") } } } },
	/* names */
	{ "no absolute directory", { .files = { { .path = "/a" } }, .tags = { { 1118, T_STRINGS, 1, STR("x/") } } } },
	{ "no absolute directory", { .files = { { .path = "/a" } }, .tags = { { 1118, T_STRINGS, 1, STR("/x") } } } },
	{ "no absolute directory", { .files = { { .path = "/a" } }, .tags = { { 1118, T_STRINGS, 1, STR("") } } } },
	{ "a bad name", { .files = { { .path = "/a" } }, .tags = { { 1117, T_STRINGS, 1, STR("a/b") } } } },
	{ "a bad name", { .files = { { .path = "/x/" } } } },
	{ "not a sane path", { .files = { { .path = "/../etc/passwd", 0, "x" } } } },
	{ "not a sane path", { .files = { { .path = "/a/../../etc/passwd", 0, "x" } } } },
	{ "not a sane path", { .files = { { .path = "/..", D } } } },
	{ "root is not a directory", { .files = { { .path = "/", 0, "x" } } } },
	{ "control bytes", { .files = { { .path = "/new\nline" } } } },
	{ "control bytes", { .files = { { .path = "/esc\033[2J" } } } },
	{ "control bytes", { .files = { { .path = "/del\177" } } } },
	{ "control bytes", { .files = { { .path = "/l", L, "a\nb" } } } },
	/* nodes */
	{ "twice", { .files = { { .path = "/a" }, { .path = "/a" } } } },
	{ "is not a directory", { .files = { { .path = "/d", L, "/etc" }, { .path = "/d/f", 0, "x" } } } },
	{ "is not a directory", { .files = { { .path = "/d", 0, "x" }, { .path = "/d/f", 0, "x" } } } },
	{ "a file stands below it", { .files = { { .path = "/d/f", 0, "x" }, { .path = "/d", 0, "x" } } } },
	{ "empty or too long target", { .files = { { .path = "/l", L, "" } } } },
	{ "empty or too long target", { .files = { { .path = "/l", L, "x", .size = 4097 } } } },
	{ "empty or too long target", { .files = { { .path = "/l", L, "x", .size = UINT64_MAX } }, .stripped = true } },
	{ "payload is damaged", { .files = { { .path = "/l", L, "x", .size = 4000 } } } },
	{ "whiteout", { .files = { { .path = "/gone", S_IFCHR | 0600 } } } },
	{ "unknown type", { .files = { { .path = "/sock", S_IFSOCK | 0600 } } } },
	{ "unknown type", { .files = { { .path = "/none", 07777 } } } },
	{ "unknown type", { .files = { { .path = "/what", 0170000 } } } },
	/* owners, capabilities */
	{ "owner with a bad name", { .files = { { .path = "/a", .user = "" } } } },
	{ "owner with a bad name", { .files = { { .path = "/a", .user = "a b" } } } },
	{ "owner with a bad name", { .files = { { .path = "/a", .group = "a\nroot root /etc/shadow" } } } },
	{ "owner with a bad name", { .files = { { .path = "/a", .group = "-x" } } } },
	{ "'nonsense' are no file capabilities", { .files = { { .path = "/a", .caps = "nonsense" } } } },
	{ "not all of them are effective", { .files = { { .path = "/a", .caps = "cap_chown=ep cap_kill=p" } } } },
	{ "has capabilities and is no file", { .files = { { .path = "/d", D, .caps = "cap_chown=ep" } } } },
	/* contents */
	{ "no digest", { .files = { { .path = "/a", 0, "a", .digest = "" } } } },
	{ "does not have the digest", { .files = { { .path = "/a", 0, "b", .digest = SHA_OF_A } } } },
	{ "does not have the digest", { .files = { { .path = "/a", 0, "a", .payload = "b" } } } },
	{ "does not have the digest", { .files = { { .path = "/a", 0, "a", .digest = "00" } } } },
	{ "digests are of the unknown kind 99", { .files = { { .path = "/a", 0, "a" } }, .tags = { { 5011, T_INT32, 1, "\0\0\0\143", 4 } } } },
	{ "does not have the digest", { .files = { { .path = "/a", 0, "abc", .size = 2 } } } },
	{ "does not have the digest", { .files = { { .path = "/a", 0, "abc", .size = 4 }, { .path = "/b" } } } },
	{ "does not have the digest", { .files = { { .path = "/a", 0, "abc", .size = 9 }, { .path = "/b" } } } },
	{ "does not have the digest", { .files = { { .path = "/a", 0, "abc" } }, .stripped = true, .no_digests = true,
		.patch = { PAYLOAD, 16, "abd", 3 } } },
	/* several names of one file */
	{ "one file with two contents", { .files = { { .path = "/a", 0, "a", .inode = 7, .payload = "" },
		{ .path = "/b", 0, "b", .inode = 7 } } } },
	{ "one file with two contents", { .files = { { .path = "/a", 0, "a", .inode = 7, .size = 9, .payload = "" },
		{ .path = "/b", 0, "a", .inode = 7 } } } },
	{ "missing in its payload", { .files = { { .path = "/a", 0, "a", .inode = 7, .payload = "" },
		{ .path = "/b", 0, "a", .inode = 7, .absent = true } } } },
	{ "comes behind", { .files = { { .path = "/a", 0, "a", .inode = 7, .absent = true }, { .path = "/b", 0, "a", .inode = 7 } } } },
	{ "payload is damaged", { .files = { { .path = "/a", 0, "a", .inode = 7 }, { .path = "/b", 0, "a", .inode = 7 } } } },
	{ "payload is damaged", { .files = { { .path = "/a", 0, "", .inode = 7 },
		{ .path = "/b", 0, "", .inode = 7, .payload = "x" } } } },
	/* the payload */
	{ "unknown format 'drpm'", { .tags = { { 1124, T_STRING, 1, STR("drpm") } } } },
	{ "compressed with 'identity-theft'", { .compressor = "identity-theft" } },
	{ "compressed with '../../x'", { .compressor = "../../x" } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .compressor = "xz" } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .compressor = "zstd" } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .compressor = "bzip2" } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .compressor = "lzma" } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .no_digests = true, .patch = { PAYLOAD, 0, "x", 1 } } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .no_digests = true, .patch = { PAYLOAD, 54, "zzzzzzzz", 8 } } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .no_digests = true, .patch = { PAYLOAD, 94, "ffffffff", 8 } } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .no_digests = true, .patch = { PAYLOAD, 94, "00000000", 8 } } },
	{ "payload is damaged", { .files = { { .path = "/a" } }, .no_trailer = true } },
	{ "does not list", { .files = { { .path = "/a" } }, .extra = "./etc/passwd" } },
	{ "does not list", { .files = { { .path = "/a" } }, .extra = "../../etc/passwd" } },
	{ "does not list", { .extra = "./a" } },
	{ "does not list", { .files = { { .path = "/a" } }, .stripped = true, .no_digests = true, .patch = { PAYLOAD, 6, "00000009", 8 } } },
	{ "missing in its payload", { .files = { { .path = "/a" } }, .stripped = true, .no_digests = true, .patch = { PAYLOAD, 6, "ffffffff", 8 } } },
	{ "twice", { .files = { { .path = "/a", 0, "evil" } }, .extra = "./a" } },
	{ "missing in its payload", { .files = { { .path = "/a", .absent = true } } } },
	{ "missing in its payload", { .files = { { .path = "/a" }, { .path = "/b", D, .absent = true } } } },
	{ "something follows", { .files = { { .path = "/a" } }, .tail = "more" } },
};

/* What is taken: these lines, or parts of lines, are then in the dump of the tree; "!" before one: nowhere. */
static const struct {
	const char *lines[3];
	struct rpm_spec spec;
} rpm_harmless[] = {
	/* a link is a name's content, which nobody here follows */
	{ { "/l 16 120777 ", "../../etc/shadow" }, { .files = { { .path = "/l", L, "../../etc/shadow" } } } },
	{ { "/l 11 120777 ", "/etc/shadow" }, { .files = { { .path = "/l", L, "/etc/shadow" } } } },
	{ { "/l 15 120777 " }, { .files = { { .path = "/l", L, "/proc/self/root" } } } },
	{ { "/a 1 120777 ", "/b 1 120777 " }, { .files = { { .path = "/a", L, "b" }, { .path = "/b", L, "a" } } } },
	/* modes, nodes: of the image alone */
	{ { "/su 4 104755 " }, { .files = { { .path = "/su", S_IFREG | 04755, "evil" } } } },
	{ { "/all 4 107777 " }, { .files = { { .path = "/all", S_IFREG | 07777, "evil" } } } },
	{ { "/none 4 100000 " }, { .files = { { .path = "/none", S_IFREG, "evil" } } } },
	{ { "/sda 0 60660 1 0 0 2048 " }, { .files = { { .path = "/sda", S_IFBLK | 0660, .rdev = 8 << 8 } } } },
	{ { "/mem 0 20640 1 0 0 257 " }, { .files = { { .path = "/mem", S_IFCHR | 0640, .rdev = 0x101 } } } },
	{ { "/pipe 0 10644 " }, { .files = { { .path = "/pipe", S_IFIFO | 0644 } } } },
	{ { "security.capability=", "!trusted.overlay" }, { .files = { { .path = "/cap", 0, "evil", .caps = "cap_sys_admin=ep" } } } },
	/* names that mean something to a shell, to printf, to an option parser */
	{ { "/$(touch\\x20x) " }, { .files = { { .path = "/$(touch x)" } } } },
	{ { "/`id`;rm\\x20-rf\\x20* " }, { .files = { { .path = "/`id`;rm -rf *" } } } },
	{ { "/%n%s%n " }, { .files = { { .path = "/%n%s%n" } } } },
	{ { "/-rf " }, { .files = { { .path = "/-rf" } } } },
	{ { "/... ", "/..a " }, { .files = { { .path = "/..." }, { .path = "/..a" } } } },
	{ { "/\\xff\\xfe " }, { .files = { { .path = "/\377\376" } } } },
	{ { "/.wh.f ", "/.wh..wh..opq " }, { .files = { { .path = "/.wh.f" }, { .path = "/.wh..wh..opq" } } } },
	{ { "/TRAILER!!! " }, { .files = { { .path = "/TRAILER!!!" } }, .stripped = true } },
	/* what the headers say of the same thing twice: the signed one counts */
	{ { "/a 4 100644 " }, { .files = { { .path = "/a", 0, "evil" } }, .no_digests = true, .patch = { PAYLOAD, 14, "000089ff", 8 } } },
};

#endif
