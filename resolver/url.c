/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/url.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* Where the host begins in a URL that has one: behind "://" and a user. `ret_end` is behind the port. */
static const char *host_of(const char *url, const char **ret_end)
{
	const char *host = strstr(url, "://");

	if (!host)
		return NULL;
	host += 3;
	*ret_end = host + strcspn(host, "/?#");
	for (const char *p = host; p < *ret_end; p++)
		if (*p == '@')
			host = p + 1;
	return host;
}

bool vz_url_is_sane(const char *url)
{
	static const char *const remote[] = { "http://", "https://", "ftp://" };
	const char *host, *end;
	size_t len = strlen(url);

	if (len > 2048)
		return false;
	for (size_t i = 0; i < len; i++)
		if (url[i] < 0x21 || url[i] > 0x7e || strchr("\"<>\\^`{|}", url[i]))
			return false;
	host = host_of(url, &end);
	for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
		if (strncmp(url, remote[i], strlen(remote[i])) == 0)
			return host < end;
	return strncmp(url, "file:///", 8) == 0 && url[8] && url[8] != '/';
}

char *vz_url_of_path(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/:@${}";
	struct vz_buf b = {0};

	if (path[0] != '/' || path[1] == '/')
		return NULL;
	vz_buf_puts(&b, "file://");
	for (; *path; path++)
		if (strchr(plain, *path))
			vz_buf_putc(&b, *path);
		else
			vz_buf_printf(&b, "%%%02X", (unsigned char)*path);
	return vz_buf_steal(&b);
}

char *vz_url_public(const char *url)
{
	const char *end, *host = host_of(url, &end), *scheme_end = strstr(url, "://");

	return host ? vz_printf("%.*s%s", (int)(scheme_end + 3 - url), url, host) : vz_strdup(url);
}
