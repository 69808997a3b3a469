/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/modules.h"

#include <string.h>
#include <yaml.h>

#include "base/table.h"

#define MAX_DEPTH 32
#define MAX_WORD 256                     /* of what is kept */

struct vz_modules {
	struct vz_table packages;        /* NEVRA: struct vz_module_streams */
	struct vz_table defaults;        /* "NAME:STREAM": not NULL */
};

/* Where in a document the parser is: the keys of the mappings that are open, "" for a sequence. */
struct reading {
	struct vz_modules *m;
	char *path[MAX_DEPTH];
	bool is_mapping[MAX_DEPTH], has_key[MAX_DEPTH];
	size_t depth;
	/* of the document at hand */
	char kind[MAX_WORD], name[MAX_WORD], module[MAX_WORD], stream[MAX_WORD];
	char **rpms;
	size_t n_rpms, cap_rpms;
};

void vz_modules_free(struct vz_modules *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->packages.n; i++) {
		struct vz_module_streams *s = m->packages.items[i].value;

		for (size_t k = 0; k < s->n; k++)
			free(s->names[k]);
		free(s->names);
		free(s);
	}
	vz_table_release(&m->packages);
	vz_table_release(&m->defaults);
	free(m);
}

const struct vz_module_streams *vz_modules_of(const struct vz_modules *m, const char *nevra)
{
	return vz_table_get(&m->packages, nevra);
}

bool vz_modules_is_default(const struct vz_modules *m, const char *stream)
{
	return vz_table_has(&m->defaults, stream);
}

static void add_package(struct vz_modules *m, const char *nevra, const char *stream)
{
	struct vz_module_streams *s = vz_table_get(&m->packages, nevra);

	if (!s) {
		s = vz_new(struct vz_module_streams);
		vz_table_put(&m->packages, nevra, s);
	}
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->names[i], stream) == 0)
			return;
	s->names = vz_realloc(s->names, s->n + 1, sizeof *s->names);
	s->names[s->n++] = vz_strdup(stream);
}

static void begin_document(struct reading *in)
{
	for (size_t i = 0; i < in->n_rpms; i++)
		free(in->rpms[i]);
	in->n_rpms = 0;
	*in->kind = *in->name = *in->module = *in->stream = 0;
}

static void end_document(struct reading *in)
{
	auto_free char *stream = vz_printf("%s:%s", *in->name ? in->name : in->module, in->stream);

	if (*in->stream && *in->name && (strcmp(in->kind, "modulemd") == 0 || strcmp(in->kind, "modulemd-stream") == 0))
		for (size_t i = 0; i < in->n_rpms; i++)
			add_package(in->m, in->rpms[i], stream);
	if (*in->stream && *in->module && strcmp(in->kind, "modulemd-defaults") == 0)
		vz_table_put(&in->m->defaults, stream, in->m);
	begin_document(in);
}

/* Is what is open, from the outermost, of these keys? */
static bool is_at(const struct reading *in, const char *const *keys, size_t n)
{
	if (in->depth != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(in->path[i] ? in->path[i] : "", keys[i]) != 0)
			return false;
	return true;
}

static void take(struct reading *in, const char *value, size_t len)
{
	static const char *const rpms[] = { "data", "artifacts", "rpms", "" };
	const struct { const char *keys[2]; size_t n; char *to; } words[] = {
		{ { "document" }, 1, in->kind }, { { "data", "name" }, 2, in->name }, { { "data", "module" }, 2, in->module },
		{ { "data", "stream" }, 2, in->stream },
	};

	if (len >= MAX_WORD || memchr(value, 0, len))
		return;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (is_at(in, words[i].keys, words[i].n))
			memcpy(words[i].to, value, len + 1);
	if (is_at(in, rpms, 4) && !in->is_mapping[3]) {
		vz_grow(in->rpms, in->n_rpms, in->cap_rpms);
		in->rpms[in->n_rpms++] = vz_strndup(value, len);
	}
}

/* A value is over: in a mapping, a key comes next. */
static void value_ends(struct reading *in)
{
	if (in->depth)
		in->has_key[in->depth - 1] = false;
}

static void scalar(struct reading *in, const char *value, size_t len)
{
	size_t top = in->depth - 1;

	if (in->depth && in->is_mapping[top] && !in->has_key[top]) {
		free(in->path[top]);
		in->path[top] = vz_strndup(value, len);
		in->has_key[top] = true;
		return;
	}
	take(in, value, len);
	value_ends(in);
}

static int open_collection(struct reading *in, bool mapping, struct vz_err *err)
{
	if (in->depth == MAX_DEPTH)
		return vz_err_set(err, VZ_UNTRUSTED, "the YAML is nested deeper than %d", MAX_DEPTH);
	/* a collection as a key has no name that we know */
	if (in->depth && in->is_mapping[in->depth - 1] && !in->has_key[in->depth - 1])
		return vz_err_set(err, VZ_UNTRUSTED, "the YAML has a key that is no word");
	in->is_mapping[in->depth] = mapping;
	in->has_key[in->depth] = false;
	in->path[in->depth++] = NULL;
	return 0;
}

static void close_collection(struct reading *in)
{
	in->depth--;
	free(in->path[in->depth]);
	in->path[in->depth] = NULL;
	value_ends(in);
}

/* 1: the text is over. */
static int event(struct reading *in, const yaml_event_t *e, struct vz_err *err)
{
	switch (e->type) {
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		begin_document(in);
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		end_document(in);
		return 0;
	case YAML_ALIAS_EVENT:
		return vz_err_set(err, VZ_UNTRUSTED, "the YAML uses an alias");
	case YAML_SCALAR_EVENT:
		scalar(in, (const char *)e->data.scalar.value, e->data.scalar.length);
		return 0;
	case YAML_MAPPING_START_EVENT:
		return open_collection(in, true, err);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(in, false, err);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		close_collection(in);
		return 0;
	default:
		return 0;
	}
}

static int read_events(struct reading *in, yaml_parser_t *parser, struct vz_err *err)
{
	int rc = 0;

	while (rc == 0) {
		yaml_event_t e;

		if (!yaml_parser_parse(parser, &e))
			return vz_err_set(err, VZ_UNTRUSTED, "line %zu of the YAML: %s", parser->problem_mark.line + 1,
					  parser->problem ? parser->problem : "not well-formed");
		rc = event(in, &e, err);
		yaml_event_delete(&e);
	}
	return rc < 0 ? -1 : 0;
}

struct vz_modules *vz_modules_read(const char *text, size_t len, struct vz_err *err)
{
	auto_modules struct vz_modules *m = vz_new(struct vz_modules);
	auto_free struct reading *in = vz_new(struct reading);
	yaml_parser_t parser;
	int failed;

	in->m = m;
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	failed = read_events(in, &parser, err);
	yaml_parser_delete(&parser);
	begin_document(in);
	free(in->rpms);
	while (in->depth)
		free(in->path[--in->depth]);
	return failed ? NULL : steal(&m);
}
