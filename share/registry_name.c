/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/registry_name.h"

#include <string.h>

#define MAX_REPOSITORY 255
#define MAX_TAG 128

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

void vz_registry_name_release(struct vz_registry_name *n)
{
	free(n->host);
	free(n->repository);
	free(n->tag);
	*n = (struct vz_registry_name){0};
}

static bool is_port(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n <= 5 && !s[n];
}

/* A name, an IPv4 address, or an IPv6 one in brackets; with a port or without. */
static bool is_host(const char *s)
{
	const char *port;
	size_t n;

	if (*s == '[') {
		n = strspn(s + 1, "0123456789abcdefABCDEF:.");
		if (!n || s[n + 1] != ']')
			return false;
		port = s + n + 2;
	} else {
		n = strspn(s, LETTERS ".-");
		if (!n || *s == '.' || *s == '-')
			return false;
		port = s + n;
	}
	return !*port || (*port == ':' && is_port(port + 1));
}

static bool is_word(char c)
{
	return c && strchr(LOWER, c);
}

/* Components that begin and end with letters or digits and have separators between them, joined by slashes. */
static bool is_repository(const char *s)
{
	char before = '/';

	if (strlen(s) > MAX_REPOSITORY)
		return false;
	for (;; before = *s++) {
		char c = *s ? *s : '/';

		if (!is_word(c) && !strchr("._-/", c))
			return false;
		if ((c == '/' && !is_word(before)) || (before == '/' && !is_word(c)) || (c == '.' && before == '.'))
			return false;
		if (!*s)
			return true;
	}
}

static bool is_tag(const char *s)
{
	size_t n = strspn(s, LETTERS "._-");

	return n > 0 && n <= MAX_TAG && !s[n] && *s != '.' && *s != '-';
}

static int refuse(const char *text, struct vz_err *err)
{
	vz_err_set(err, VZ_USAGE, "'%s' is not a name in a registry", text);
	return vz_err_hint(err, "HOST[:PORT]/REPOSITORY[:TAG], as in 'registry.example:5000/templates/web:1'");
}

int vz_registry_name_parse(const char *text, struct vz_registry_name *ret, struct vz_err *err)
{
	auto_registry_name struct vz_registry_name n = {0};
	const char *slash = strchr(text, '/'), *rest = slash ? slash + 1 : "";
	const char *at = strchr(rest, '@'), *end = at ? at : rest + strlen(rest);
	const char *colon = memchr(rest, ':', (size_t)(end - rest));

	if (!slash)
		return refuse(text, err);
	n.host = vz_strndup(text, (size_t)(slash - text));
	n.repository = vz_strndup(rest, (size_t)((colon ? colon : end) - rest));
	n.tag = colon ? vz_strndup(colon + 1, (size_t)(end - colon - 1)) : vz_strdup("latest");
	if (!is_host(n.host) || !is_repository(n.repository) || !is_tag(n.tag))
		return refuse(text, err);
	if (at) {
		const char *hex = at + sizeof "@sha256:" - 1;

		if (strncmp(at, "@sha256:", sizeof "@sha256:" - 1) != 0 || strlen(hex) != VZ_HEX_LEN || !vz_hash_algo(hex))
			return refuse(text, err);
		memcpy(n.digest, hex, sizeof n.digest);
	}
	*ret = n;
	n = (struct vz_registry_name){0};
	return 0;
}

bool vz_registry_name_is_local(const struct vz_registry_name *n)
{
	const char *h = n->host;
	size_t name = strcspn(h, ":");

	return (name == 9 && strncmp(h, "localhost", 9) == 0) || strncmp(h, "[::1]", 5) == 0 ||
	       (strncmp(h, "127.", 4) == 0 && strspn(h, "0123456789.") == name);
}
