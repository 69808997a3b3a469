/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/identity.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"

#define MAX_FILE 65536
#define OWN_ADDRESS "127.0.1.1"          /* as Debian and its installers have it */

/* Nothing if it is not there, or no file: false. */
static bool read_entry(int etc, const char *name, struct vz_buf *ret)
{
	struct vz_err unused;
	struct stat st;
	auto_fd int fd = vz_path_open_entry(etc, name, &st, &unused);

	return fd >= 0 && vz_read_fd(fd, MAX_FILE, ret, &unused) == 0;
}

/* What is there and not a file is the tenant's doing, and stays. */
static int write_entry(int etc, const char *name, const struct vz_buf *text, mode_t mode, struct vz_err *err)
{
	struct stat st;

	if (fstatat(etc, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return 0;
	return vz_write_file(etc, name, text->data, text->len, mode, err) < 0 ? vz_err_wrap(err, "/etc") : 0;
}

static bool has_no_identity(int etc)
{
	auto_buf struct vz_buf id = {0};

	if (faccessat(etc, "machine-id", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	return read_entry(etc, "machine-id", &id) && (!id.len || !strcmp(id.data, "uninitialized\n"));
}

/* A random UUID of version 4, as hexadecimal digits. */
static int write_machine_id(int etc, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	unsigned char id[16];

	if (getrandom(id, sizeof id, 0) != sizeof id)
		return vz_err_sys(err, "get random bytes");
	id[6] = (id[6] & 0x0f) | 0x40;
	id[8] = (id[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < sizeof id; i++)
		vz_buf_printf(&text, "%02x", id[i]);
	vz_buf_putc(&text, '\n');
	return write_entry(etc, "machine-id", &text, 0444, err);
}

static int write_hostname(int etc, const char *hostname, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0}, now = {0};

	vz_buf_printf(&text, "%s\n", hostname);
	if (read_entry(etc, "hostname", &now) && now.len == text.len && !memcmp(now.data, text.data, text.len))
		return 0;
	return write_entry(etc, "hostname", &text, 0644, err);
}

static bool is_own_address(const char *line, size_t len)
{
	size_t start = strspn(line, " \t"), n = strlen(OWN_ADDRESS);

	return start + n < len && !strncmp(line + start, OWN_ADDRESS, n) && strchr(" \t", line[start + n]);
}

/* The first line of our address is ours; without one it comes last. */
static int write_hosts(int etc, const char *hostname, struct vz_err *err)
{
	static const char fresh[] = "127.0.0.1\tlocalhost\n" OWN_ADDRESS "\t\n"
				    "::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";
	auto_buf struct vz_buf old = {0}, text = {0};
	bool said = false;
	const char *line;
	size_t len;

	/* one that is too large to be read is the tenant's, too */
	if (!read_entry(etc, "hosts", &old) && faccessat(etc, "hosts", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	for (line = old.len ? old.data : fresh; *line; line += len) {
		len = strcspn(line, "\n");
		len += line[len] == '\n';
		if (said || !is_own_address(line, len)) {
			vz_buf_add(&text, line, len);
			continue;
		}
		vz_buf_printf(&text, OWN_ADDRESS "\t%s\n", hostname);
		said = true;
	}
	if (!said)
		vz_buf_printf(&text, "%s" OWN_ADDRESS "\t%s\n", text.len && text.data[text.len - 1] != '\n' ? "\n" : "",
			      hostname);
	return write_entry(etc, "hosts", &text, 0644, err);
}

int vz_identity_give(int root, const char *hostname, bool chosen, struct vz_err *err)
{
	auto_fd int etc = vz_path_open(root, "etc", O_RDONLY | O_DIRECTORY, 0, err);

	if (etc < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	if (!has_no_identity(etc))
		return chosen ? write_hostname(etc, hostname, err) : 0;
	if (write_hostname(etc, hostname, err) < 0 || write_hosts(etc, hostname, err) < 0)
		return -1;
	return write_machine_id(etc, err);
}

static bool has_ssh_key(int dir)
{
	DIR *d = fdopendir(dup(dir));
	bool found = false;
	struct dirent *e;

	while (d && !found && (e = readdir(d)))
		found = fnmatch("ssh_host_*_key", e->d_name, 0) == 0;
	if (d)
		closedir(d);
	return found;
}

/* Empty, not absent: that is what systemd takes for the first boot of a copy. */
static int forget_machine_id(int etc, struct vz_err *err)
{
	const struct vz_buf empty = {0};
	auto_buf struct vz_buf id = {0};

	return read_entry(etc, "machine-id", &id) && id.len ? write_entry(etc, "machine-id", &empty, 0444, err) : 0;
}

static int forget_ssh_keys(int dir, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};

	if (vz_list_dir(dir, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (fnmatch("ssh_host_*_key*", names.v[i], 0) == 0 && unlinkat(dir, names.v[i], 0) < 0)
			return vz_err_sys(err, "remove '/etc/ssh/%s'", names.v[i]);
	return 0;
}

int vz_identity_forget(int root, struct vz_err *err)
{
	struct vz_err unused;
	auto_fd int etc = vz_path_open(root, "etc", O_RDONLY | O_DIRECTORY, 0, &unused);
	auto_fd int ssh = vz_path_open(root, "etc/ssh", O_RDONLY | O_DIRECTORY, 0, &unused);

	if (etc >= 0 && forget_machine_id(etc, err) < 0)
		return -1;
	return ssh < 0 ? 0 : forget_ssh_keys(ssh, err);
}

bool vz_identity_wants_ssh_keys(int root)
{
	struct vz_err unused;
	auto_fd int dir = vz_path_open(root, "etc/ssh", O_RDONLY | O_DIRECTORY, 0, &unused);
	auto_fd int keygen = vz_path_open(root, "usr/bin/ssh-keygen", O_PATH, 0, &unused);
	/* that of a client alone has no such file */
	auto_fd int server = dir < 0 ? -1 : vz_path_open(root, "etc/ssh/sshd_config", O_PATH, 0, &unused);

	return keygen >= 0 && server >= 0 && !has_ssh_key(dir);
}
