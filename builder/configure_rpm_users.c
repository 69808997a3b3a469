/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_rpm.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/table.h"

static int fail(const char *what, const char *on)
{
	fprintf(stderr, "%s '%s': %s\n", what, on, strerror(errno));
	return 1;
}

/* ---- owners ---- */

/* Ids by name, as the environment's files have them; the host's name service has no say. */
struct ids {
	struct vz_table users, groups;           /* name -> id + 1 */
};

static void read_ids(struct ids *ids)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *pw;
	struct group *gr;

	while (f && (pw = fgetpwent(f)))
		vz_table_put(&ids->users, pw->pw_name, (void *)((uintptr_t)pw->pw_uid + 1));
	if (f)
		fclose(f);
	f = fopen("/etc/group", "re");
	while (f && (gr = fgetgrent(f)))
		vz_table_put(&ids->groups, gr->gr_name, (void *)((uintptr_t)gr->gr_gid + 1));
	if (f)
		fclose(f);
}

static uid_t find_id(struct vz_table *t, const char *what, const char *name)
{
	uintptr_t id = (uintptr_t)vz_table_get(t, name);

	if (strcmp(name, "root") == 0)
		return 0;
	if (!id) {
		fprintf(stderr, "warning: %s %s does not exist - using root\n", what, name);
		vz_table_put(t, name, (void *)(uintptr_t)1);
	}
	return id ? (uid_t)(id - 1) : 0;
}

/* A change of owner takes setuid bits and capabilities away. */
static int own_file(const char *path, uid_t uid, gid_t gid)
{
	static const char caps[] = "security.capability";
	char value[256];
	ssize_t len = -1;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail("look at", path);
	if (st.st_uid == uid && st.st_gid == gid)
		return 0;
	if (S_ISREG(st.st_mode))
		len = lgetxattr(path, caps, value, sizeof value);
	if (lchown(path, uid, gid) < 0)
		return fail("change the owner of", path);
	if (!S_ISLNK(st.st_mode) && st.st_mode & (S_ISUID | S_ISGID) && chmod(path, st.st_mode & 07777) < 0)
		return fail("keep the mode of", path);
	return len > 0 && lsetxattr(path, caps, value, (size_t)len, 0) < 0 ? fail("keep the capabilities of", path) : 0;
}

int vz_rpm_own(const char *lines, size_t len)
{
	auto_free char *text = vz_strndup(lines, len);
	struct ids ids = {0};
	char *save = NULL;
	int rc = 0;

	read_ids(&ids);
	for (char *l = strtok_r(text, "\n", &save); rc == 0 && l; l = strtok_r(NULL, "\n", &save)) {
		char *group = strchr(l, ' '), *path = group ? strchr(group + 1, ' ') : NULL;

		if (!path)
			continue;
		*group++ = *path++ = 0;
		rc = own_file(path, find_id(&ids.users, "user", l), find_id(&ids.groups, "group", group));
	}
	vz_table_release(&ids.users);
	vz_table_release(&ids.groups);
	return rc;
}

/* ---- users, where there is no systemd-sysusers(8) ---- */

enum { PASSWD, GROUP, SHADOW, GSHADOW, FILES };
static const char *const file_names[FILES] = { "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow" };

struct users {
	struct vz_buf files[FILES];
	bool there[FILES];
	long days;
};

/* The line of `name`, up to its newline; NULL: there is none. */
static char *find_line(const struct users *u, int file, const char *name)
{
	char *p = u->files[file].data;
	size_t len = strlen(name);

	for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (strncmp(p, name, len) == 0 && p[len] == ':')
			return p;
	return NULL;
}

/* The number in the third field of a line; -1: none. */
static long number_of(const char *line)
{
	const char *p = strchr(line, ':');

	p = p ? strchr(p + 1, ':') : NULL;
	return p && isdigit((unsigned char)p[1]) ? strtol(p + 1, NULL, 10) : -1;
}

static bool is_taken(const struct users *u, int file, long id)
{
	for (const char *p = u->files[file].data; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (number_of(p) == id)
			return true;
	return false;
}

/* As systemd-sysusers allocates: downwards, one number for the user and the group of its name. */
static long free_id(const struct users *u, long wanted)
{
	long id = wanted >= 0 ? wanted : 999;

	if (wanted >= 0 && !is_taken(u, PASSWD, id) && !is_taken(u, GROUP, id))
		return id;
	for (id = 999; id > 0 && (is_taken(u, PASSWD, id) || is_taken(u, GROUP, id)); id--)
		;
	return id;
}

static long add_group(struct users *u, const char *name, long wanted)
{
	const char *line = find_line(u, GROUP, name);
	long id = line ? number_of(line) : wanted >= 0 && !is_taken(u, GROUP, wanted) ? wanted : free_id(u, wanted);

	if (line)
		return id;
	vz_buf_printf(&u->files[GROUP], "%s:x:%ld:\n", name, id);
	if (u->there[GSHADOW])
		vz_buf_printf(&u->files[GSHADOW], "%s:!*::\n", name);
	return id;
}

/* `id`: "-", "UID", "UID:GID" or "UID:GROUP". */
static void add_user(struct users *u, char *const *field)
{
	const char *name = field[1], *id = field[2], *colon = strchr(id, ':');
	long wanted = isdigit((unsigned char)*id) ? strtol(id, NULL, 10) : -1, gid, uid;

	if (find_line(u, PASSWD, name))
		return;
	if (colon && isdigit((unsigned char)colon[1]))
		gid = strtol(colon + 1, NULL, 10);
	else
		gid = add_group(u, colon ? colon + 1 : name, colon ? -1 : free_id(u, wanted));
	uid = wanted >= 0 && !is_taken(u, PASSWD, wanted) ? wanted
	      : !colon && !is_taken(u, PASSWD, gid)	  ? gid
							  : free_id(u, wanted);
	vz_buf_printf(&u->files[PASSWD], "%s:x:%ld:%ld:%s:%s:%s\n", name, uid, gid, strcmp(field[3], "-") ? field[3] : "",
		      strcmp(field[4], "-") ? field[4] : "/", strcmp(field[5], "-") ? field[5] : "/usr/sbin/nologin");
	if (u->there[SHADOW])
		vz_buf_printf(&u->files[SHADOW], "%s:!*:%ld::::::\n", name, u->days);
}

/* Puts `member` at the end of the list that ends a group's line. */
static void add_to_list(struct users *u, int file, const char *group, const char *member)
{
	char *line = find_line(u, file, group), *end, *list;
	auto_buf struct vz_buf text = {0};

	if (!line)
		return;
	end = strchrnul(line, '\n');
	for (list = end; list[-1] != ':'; list--)
		;
	for (const char *p = list; p < end; p += strcspn(p, ",\n") + 1)
		if (strcspn(p, ",\n") == strlen(member) && strncmp(p, member, strlen(member)) == 0)
			return;
	vz_buf_add(&text, u->files[file].data, (size_t)(end - u->files[file].data));
	vz_buf_printf(&text, "%s%s%s", list < end ? "," : "", member, end);
	vz_buf_release(&u->files[file]);
	u->files[file] = text;
	text = (struct vz_buf){0};
}

static bool is_name(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return len && len < 32 && !s[len] && !isdigit((unsigned char)*s) && *s != '-';
}

/* Splits into six fields; quotes go, absent fields are "-". */
static bool split(char *line, char *field[6])
{
	size_t n = 0;
	char *p = line, *to;

	while (n < 6) {
		p += strspn(p, " \t");
		if (!*p)
			break;
		field[n++] = to = p;
		for (char quote = 0; *p && (quote || (*p != ' ' && *p != '\t')); p++)
			if (!quote && (*p == '"' || *p == '\''))
				quote = *p;
			else if (quote && *p == quote)
				quote = 0;
			else
				*to++ = *p;
		if (*p)
			p++;
		*to = 0;
	}
	for (size_t i = n; i < 6; i++)
		field[i] = (char *)"-";
	return n >= 2 && is_name(field[1]);
}

/* Users and groups first, then who belongs to what. */
static int add_line(struct users *u, const char *line, bool members)
{
	auto_free char *copy = vz_strdup(line);
	char *field[6];
	char kind = line[strspn(line, " \t")];

	if ((kind == 'm') != members || !kind || strchr("#r", kind))
		return 0;
	if (!split(copy, field) || !strchr("ugm", kind) || strchr(field[3], ':') || strchr(field[4], ':') ||
	    strchr(field[5], ':') || (kind == 'm' && !is_name(field[2]))) {
		fprintf(stderr, "what a package says of its users is not understood: %s\n", line);
		return 1;
	}
	if (kind == 'u') {
		add_user(u, field);
	} else if (kind == 'g') {
		add_group(u, field[1], isdigit((unsigned char)*field[2]) ? strtol(field[2], NULL, 10) : -1);
	} else {
		add_user(u, (char *const[]){ "u", field[1], "-", "-", "-", "-" });
		add_group(u, field[2], -1);
		add_to_list(u, GROUP, field[2], field[1]);
		add_to_list(u, GSHADOW, field[2], field[1]);
	}
	return 0;
}

static int write_files(const struct users *u, const struct users *before)
{
	for (int i = 0; i < FILES; i++) {
		struct vz_err err;
		auto_fd int fd = -1;

		if (u->files[i].len == before->files[i].len)
			continue;
		fd = open(file_names[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0 || vz_write_fd(fd, u->files[i].data, u->files[i].len, &err) < 0)
			return fail("write", file_names[i]);
	}
	return 0;
}

int vz_rpm_add_users(const char *lines, int64_t date)
{
	struct users u = { .days = (long)(date / 86400) }, before = {0};
	int rc = 0;

	for (int i = 0; i < FILES; i++) {
		struct vz_err ignored;

		u.there[i] = vz_read_file(AT_FDCWD, file_names[i], 16 << 20, &u.files[i], &ignored) == 0;
		vz_buf_puts(&u.files[i], "");
		if (u.files[i].len && u.files[i].data[u.files[i].len - 1] != '\n')
			vz_buf_putc(&u.files[i], '\n');
		before.files[i].len = u.files[i].len;
	}
	for (int members = 0; members < 2; members++) {
		auto_free char *text = vz_strdup(lines);
		char *save = NULL;

		for (char *l = strtok_r(text, "\n", &save); rc == 0 && l; l = strtok_r(NULL, "\n", &save))
			rc = add_line(&u, l, members);
	}
	if (rc == 0)
		rc = write_files(&u, &before);
	for (int i = 0; i < FILES; i++)
		vz_buf_release(&u.files[i]);
	return rc;
}
