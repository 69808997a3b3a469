/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/url.h"

#include <string.h>

#include "base/alloc.h"

bool vz_url_is_sane(const char *url)
{
	static const char *const remote[] = { "http://", "https://", "ftp://" };
	size_t len = strlen(url);

	if (len > 2048)
		return false;
	for (size_t i = 0; i < len; i++)
		if (url[i] < 0x21 || url[i] > 0x7e || strchr("\"<>\\^`{|}", url[i]))
			return false;
	for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
		if (strncmp(url, remote[i], strlen(remote[i])) == 0)
			return !strchr("/?#", url[strlen(remote[i])]);
	return strncmp(url, "file:///", 8) == 0;
}

char *vz_url_public(const char *url)
{
	const char *host = strstr(url, "://"), *end, *at = NULL;

	if (!host)
		return vz_strdup(url);
	host += 3;
	end = host + strcspn(host, "/?#");
	for (const char *p = host; p < end; p++)
		if (*p == '@')
			at = p;
	return at ? vz_printf("%.*s%s", (int)(host - url), url, at + 1) : vz_strdup(url);
}
