/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/registry_auth.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "share/credentials.h"
#include "share/registry_call.h"

#define MAX_TOKEN ((size_t)32 << 10)

void vz_registry_challenge_release(struct vz_registry_challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	*c = (struct vz_registry_challenge){0};
}
#define auto_challenge __attribute__((cleanup(vz_registry_challenge_release)))

/* One KEY=VALUE or KEY="VALUE"; NULL behind the last, or where there is something else. */
static const char *take_pair(const char *p, char **ret_key, char **ret_value)
{
	size_t key, value;
	bool quoted;

	p += strspn(p, " \t,");
	key = strcspn(p, "= \t,");
	if (!key || p[key] != '=')
		return NULL;
	*ret_key = vz_strndup(p, key);
	p += key + 1;
	quoted = *p == '"';
	p += quoted;
	value = strcspn(p, quoted ? "\"" : " \t,");
	*ret_value = vz_strndup(p, value);
	p += value;
	return quoted && *p == '"' ? p + 1 : p;
}

bool vz_registry_challenge_parse(const char *value, struct vz_registry_challenge *ret)
{
	auto_challenge struct vz_registry_challenge c = {0};
	const char *p = value + strcspn(value, " ");

	if (strncasecmp(value, "basic", 5) == 0 && (!value[5] || value[5] == ' ')) {
		*ret = c;
		return true;
	}
	if (strncasecmp(value, "bearer ", 7) != 0)
		return false;
	c.bearer = true;
	for (;;) {
		auto_free char *key = NULL, *text = NULL;
		char **to;

		p = take_pair(p, &key, &text);
		if (!p)
			break;
		to = strcasecmp(key, "realm") == 0 ? &c.realm : strcasecmp(key, "service") == 0 ? &c.service :
		     strcasecmp(key, "scope") == 0 ? &c.scope : NULL;
		if (to && !*to)
			*to = steal(&text);
	}
	if (!c.realm)
		return false;
	*ret = c;
	c = (struct vz_registry_challenge){0};
	return true;
}

static void add_escaped(struct vz_buf *b, const char *key, const char *value)
{
	vz_buf_printf(b, "%s=", key);
	for (; *value; value++)
		if (strchr("-._~:/,", *value) || (*value >= '0' && *value <= '9') || (*value >= 'a' && *value <= 'z') ||
		    (*value >= 'A' && *value <= 'Z'))
			vz_buf_putc(b, *value);
		else
			vz_buf_printf(b, "%%%02X", (unsigned char)*value);
}

static char *token_url(const struct vz_registry *r, const struct vz_registry_challenge *c)
{
	auto_free char *scope = vz_printf("repository:%s:%s", r->name.repository,
					  r->options.access == VZ_REGISTRY_PUSH ? "pull,push" : "pull");
	auto_buf struct vz_buf url = {0};

	vz_buf_puts(&url, c->realm);
	vz_buf_putc(&url, strchr(c->realm, '?') ? '&' : '?');
	if (c->service) {
		add_escaped(&url, "service", c->service);
		vz_buf_putc(&url, '&');
	}
	add_escaped(&url, "scope", c->scope ? c->scope : scope);
	return vz_buf_steal(&url);
}

static char *basic(const char *credentials)
{
	auto_buf struct vz_buf header = {0};

	vz_buf_puts(&header, "Authorization: Basic ");
	vz_base64_write(credentials, strlen(credentials), &header);
	return vz_buf_steal(&header);
}

/* The token of an answer, as a header; NULL if there is none that could be one. */
static char *read_token(const struct vz_buf *body)
{
	json_t *o = body->len ? json_loadb(body->data, body->len, 0, NULL) : NULL;
	const char *token = json_string_value(json_object_get(o, "token"));
	char *header = NULL;

	if (!token)
		token = json_string_value(json_object_get(o, "access_token"));
	if (token && *token && strlen(token) <= MAX_TOKEN && !strpbrk(token, "\r\n"))
		header = vz_printf("Authorization: Bearer %s", token);
	json_decref(o);
	return header;
}

/* Asks for a token. A password goes over https only, unless the registry is to be had without, too. */
static int fetch_token(struct vz_registry *r, const struct vz_registry_challenge *c, const char *credentials, struct vz_err *err)
{
	auto_free char *url = token_url(r, c), *header = credentials ? basic(credentials) : NULL;
	auto_registry_call struct vz_registry_call call = { .url = url, .headers = { header } };

	if (strncmp(url, "https://", 8) != 0 && !(r->options.plain_http && strncmp(url, "http://", 7) == 0))
		return vz_err_set(err, VZ_FAILED, "'%s' sends us to '%s' for a token, which is not https", r->name.host, c->realm);
	free(steal(&r->authorization));
	if (vz_registry_call_once(r, &call, err) < 0)
		return -1;
	if (call.status != 200)
		return vz_registry_refused(r, &call, "a token", err);
	r->authorization = read_token(&call.body);
	return r->authorization ? 0 : vz_err_set(err, VZ_NETWORK, "'%s' gives no token", c->realm);
}

/* Does as the answer 401 says. 0: nothing can be done. */
static int authorize(struct vz_registry *r, const struct vz_registry_call *c, struct vz_err *err)
{
	auto_challenge struct vz_registry_challenge challenge = {0};
	auto_free char *credentials = NULL;
	bool known = false;

	for (unsigned i = 0; !known; i++) {
		auto_free char *value = vz_registry_header(&c->head, "WWW-Authenticate", i);

		if (!value)
			return 0;
		known = vz_registry_challenge_parse(value, &challenge);
	}
	if (vz_credentials_find(&r->name, &credentials, err) < 0)
		return -1;
	if (challenge.bearer)
		return fetch_token(r, &challenge, credentials, err) < 0 ? -1 : 1;
	if (!credentials)
		return 0;
	free(r->authorization);
	r->authorization = basic(credentials);
	return 1;
}

int vz_registry_call(struct vz_registry *r, struct vz_registry_call *c, struct vz_err *err)
{
	int rc;

	if (vz_registry_call_once(r, c, err) < 0)
		return -1;
	if (c->status != 401)
		return 0;
	rc = authorize(r, c, err);
	return rc <= 0 ? rc : vz_registry_call_once(r, c, err);
}
