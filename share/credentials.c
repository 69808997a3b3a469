/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/credentials.h"

#include <jansson.h>
#include <string.h>

#include "base/base64.h"
#include "base/fd.h"
#include "base/texts.h"

#define MAX_FILE ((size_t)1 << 20)

/* How well an entry's key fits: 0 not at all, else the number of bytes. Older files have URLs as keys. */
static size_t fits(const char *key, const char *wanted)
{
	const char *scheme = strstr(key, "://"), *k = scheme ? scheme + 3 : key;
	size_t n = scheme ? strcspn(k, "/") : strlen(k);

	return n && strncmp(k, wanted, n) == 0 && (!wanted[n] || wanted[n] == '/') ? n : 0;
}

static int decode(const json_t *entry, const char *what, const char *key, char **ret, struct vz_err *err)
{
	const char *auth = json_string_value(json_object_get(entry, "auth"));
	auto_buf struct vz_buf plain = {0};

	if (!auth || !*auth)
		return 0;
	if (!vz_base64_read(auth, strlen(auth), &plain) || !plain.len || strlen(plain.data) != plain.len ||
	    !strchr(plain.data, ':') || strpbrk(plain.data, "\r\n"))
		return vz_err_set(err, VZ_FAILED, "'%s': what it has for '%s' is no user and password", what, key);
	*ret = vz_buf_steal(&plain);
	return 0;
}

int vz_credentials_parse(const char *text, size_t len, const char *what, const struct vz_registry_name *n, char **ret,
			 struct vz_err *err)
{
	auto_free char *wanted = vz_printf("%s/%s", n->host, n->repository);
	json_t *file, *entry, *best = NULL;
	const char *key, *best_key = "";
	json_error_t why;
	size_t score = 0;
	int rc;

	*ret = NULL;
	file = json_loadb(text, len, 0, &why);
	if (!file)
		return vz_err_set(err, VZ_FAILED, "'%s': line %d: %s", what, why.line, why.text);
	json_object_foreach(json_object_get(file, "auths"), key, entry) {
		size_t now = fits(key, wanted);

		if (now > score) {
			score = now;
			best = entry;
			best_key = key;
		}
	}
	rc = best ? decode(best, what, best_key, ret, err) : 0;
	json_decref(file);
	return rc;
}

/* What of it the surroundings do not say has no place. */
static void add_place(struct vz_texts *to, const char *variable, const char *rest)
{
	const char *value = secure_getenv(variable);
	auto_free char *path = value && *value ? vz_printf("%s%s", value, rest) : NULL;

	if (path)
		vz_texts_add(to, path);
}

int vz_credentials_find(const struct vz_registry_name *n, char **ret, struct vz_err *err)
{
	auto_free char *run = vz_printf("/run/containers/%u/auth.json", geteuid());
	auto_texts struct vz_texts places = {0};

	add_place(&places, "REGISTRY_AUTH_FILE", "");
	if (!places.n) {
		add_place(&places, "XDG_RUNTIME_DIR", "/containers/auth.json");
		vz_texts_add(&places, run);
		add_place(&places, "XDG_CONFIG_HOME", "/containers/auth.json");
		add_place(&places, "HOME", "/.config/containers/auth.json");
		add_place(&places, "DOCKER_CONFIG", "/config.json");
		add_place(&places, "HOME", "/.docker/config.json");
	}
	*ret = NULL;
	for (size_t i = 0; i < places.n && !*ret; i++) {
		auto_buf struct vz_buf text = {0};

		if (vz_read_file(AT_FDCWD, places.v[i], MAX_FILE, &text, err) < 0) {
			if (err->code != VZ_NOTFOUND)
				return -1;
		} else if (vz_credentials_parse(text.data ? text.data : "", text.len, places.v[i], n, ret, err) < 0) {
			return -1;
		}
	}
	return 0;
}
