/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/dump.h"

#include <string.h>

#include "store/arena.h"
#include "store/image.h"

enum { PATH, SIZE, MODE, NLINK, UID, GID, RDEV, MTIME, PAYLOAD, CONTENT, DIGEST, N_FIELDS };

static const char *const field_names[] = {
	"PATH", "SIZE", "MODE", "NLINK", "UID", "GID", "RDEV", "MTIME", "PAYLOAD", "CONTENT", "DIGEST",
};

struct span {
	const char *p;
	size_t len;
};

struct pending {                 /* a hard link, until all lines were read */
	struct vz_node *node, *target;
	char *path;
	size_t line;
};

struct reader {
	struct vz_tree *tree;
	size_t line;
	struct span field[N_FIELDS], xattrs;
	struct vz_buf scratch[3];        /* unescaped PAYLOAD or key, CONTENT or value, and PATH or DIGEST */
	bool have_root;
	struct vz_buf last_dir;          /* the last line's directory, */
	struct vz_node *last_parent;     /* and its node */
	struct pending *links;           /* a link's node has its index + 1 as owner */
	size_t n_links, cap_links;
};

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One escape at `p`, behind the backslash. Returns its length, 0 if there is none. */
static size_t unescape_one(const char *p, size_t len, char *ret)
{
	static const char from[] = "\\nrt", to[] = "\\\n\r\t";
	const char *simple = len ? memchr(from, *p, 4) : NULL;

	if (simple) {
		*ret = to[simple - from];
		return 1;
	}
	if (len < 3 || *p != 'x' || hex(p[1]) < 0 || hex(p[2]) < 0)
		return 0;
	*ret = (char)(hex(p[1]) << 4 | hex(p[2]));
	return 3;
}

/* Replaces `s` by its value: itself, or what is then in `scratch`. */
static int unescape(struct span *s, struct vz_buf *scratch, const char *what, struct vz_err *err)
{
	const char *p = s->p, *end = p + s->len, *slash;

	if (!s->len || !memchr(p, '\\', s->len))
		return 0;
	vz_buf_clear(scratch);
	vz_buf_reserve(scratch, s->len);
	while ((slash = memchr(p, '\\', (size_t)(end - p)))) {
		char c;
		size_t len = unescape_one(slash + 1, (size_t)(end - slash - 1), &c);

		if (!len)
			return vz_err_set(err, VZ_FAILED, "unknown escape in %s", what);
		vz_buf_add(scratch, p, (size_t)(slash - p));
		vz_buf_putc(scratch, c);
		p = slash + 1 + len;
	}
	vz_buf_add(scratch, p, (size_t)(end - p));
	*s = (struct span){ scratch->data, scratch->len };
	return 0;
}

/* The same for what is used as a C string. */
static int unescape_string(struct span *s, struct vz_buf *scratch, const char *what, struct vz_err *err)
{
	if (unescape(s, scratch, what, err) < 0)
		return -1;
	return s->len && memchr(s->p, 0, s->len) ? vz_err_set(err, VZ_FAILED, "NUL byte in %s", what) : 0;
}

/* As strtoull(3), which the format is defined by, on a string with a length. */
static int parse_number(struct span s, unsigned base, uint64_t *ret)
{
	const char *p = s.p, *end = p + s.len;
	uint64_t v = 0;
	bool negative, over = false;

	while (p < end && *p && strchr("\t\v\f\r", *p))
		p++;
	negative = p < end && *p == '-';
	p += p < end && (*p == '-' || *p == '+');
	if (p == end)
		return -1;
	for (; p < end; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (digit >= base)
			return -1;
		over |= __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v);
	}
	*ret = over ? UINT64_MAX : negative ? 0 - v : v;
	return 0;
}

static int number(const struct reader *r, int field, uint64_t *ret, struct vz_err *err)
{
	if (parse_number(r->field[field], 10, ret) < 0)
		return vz_err_set(err, VZ_FAILED, "%s '%.*s' is not a number", field_names[field],
				  (int)(r->field[field].len < 64 ? r->field[field].len : 64), r->field[field].p);
	return 0;
}

static int set_numbers(const struct reader *r, struct vz_node *n, struct vz_err *err)
{
	struct span seconds = r->field[MTIME], nanoseconds = { "", 0 };
	const char *dot = seconds.len ? memchr(seconds.p, '.', seconds.len) : NULL;
	uint64_t v[RDEV + 1], sec, nsec;

	for (int i = SIZE; i <= RDEV; i++)
		if (i != MODE && number(r, i, &v[i], err) < 0)
			return -1;
	if (dot) {
		nanoseconds = (struct span){ dot + 1, (size_t)(seconds.p + seconds.len - dot - 1) };
		seconds.len = (size_t)(dot - seconds.p);
	}
	if (parse_number(seconds, 10, &sec) < 0 || parse_number(nanoseconds, 10, &nsec) < 0)
		return vz_err_set(err, VZ_FAILED, "MTIME is not SECONDS.NANOSECONDS");
	n->size = v[SIZE];
	n->nlink = (uint32_t)v[NLINK];
	n->uid = (uint32_t)v[UID];
	n->gid = (uint32_t)v[GID];
	n->rdev = S_ISCHR(n->mode) || S_ISBLK(n->mode) ? (uint32_t)v[RDEV] : 0;
	n->mtime = (int64_t)sec;
	n->mtime_nsec = (uint32_t)nsec;
	return 0;
}

/* A field that may be "-". Unescapes it. */
static int optional(struct reader *r, int field, int scratch, bool *ret_set, struct vz_err *err)
{
	struct span *s = &r->field[field];

	*ret_set = !(s->len == 1 && *s->p == '-');
	return field == CONTENT ? unescape(s, &r->scratch[scratch], field_names[field], err)
				: unescape_string(s, &r->scratch[scratch], field_names[field], err);
}

static int set_backed(const struct reader *r, struct vz_node *n, bool payload, bool digest, struct vz_err *err)
{
	struct span d = r->field[DIGEST];
	char text[VZ_HEX_LEN + 1];

	if (n->size > VZ_IMAGE_FILE_MAX)
		return vz_err_set(err, VZ_FAILED, "SIZE is more than 2^53 bytes");
	if (payload && r->field[PAYLOAD].len)
		n->payload = vz_arena_copy(n->arena, r->field[PAYLOAD].p, r->field[PAYLOAD].len);
	if (!digest)
		return 0;
	memcpy(text, d.p, d.len < VZ_HEX_LEN ? d.len : VZ_HEX_LEN);
	text[d.len < VZ_HEX_LEN ? d.len : VZ_HEX_LEN] = 0;
	if (d.len != VZ_HEX_LEN || !vz_digest_parse(text, &n->digest))
		return vz_err_set(err, VZ_FAILED, "DIGEST is not 64 hexadecimal digits");
	n->has_digest = true;
	return 0;
}

static int set_data(struct reader *r, struct vz_node *n, struct vz_err *err)
{
	const struct span *payload = &r->field[PAYLOAD], *content = &r->field[CONTENT];
	bool has_payload, has_content, has_digest;

	if (optional(r, PAYLOAD, 0, &has_payload, err) < 0 || optional(r, CONTENT, 1, &has_content, err) < 0 ||
	    optional(r, DIGEST, 2, &has_digest, err) < 0)
		return -1;
	if (has_content && content->len != n->size)
		return vz_err_set(err, VZ_FAILED, "CONTENT has %zu bytes, SIZE says %ju", content->len, (uintmax_t)n->size);
	if (has_payload && payload->len > VZ_IMAGE_TARGET_MAX)
		return vz_err_set(err, VZ_FAILED, "PAYLOAD is longer than %d bytes", VZ_IMAGE_TARGET_MAX);
	if (vz_node_is_symlink(n)) {
		if (!has_payload || !payload->len)
			return vz_err_set(err, VZ_FAILED, "symbolic link without target in PAYLOAD");
		n->payload = vz_arena_copy(n->arena, payload->p, payload->len);
		n->size = 0;
		return 0;
	}
	if (has_content && content->len > VZ_IMAGE_CONTENT_MAX)
		return vz_err_set(err, VZ_FAILED, "CONTENT is longer than %d bytes", VZ_IMAGE_CONTENT_MAX);
	if (vz_node_is_dir(n))
		n->size = 0;
	if (!vz_node_is_file(n) || !n->size)
		return 0;
	if (has_content)
		n->content = vz_arena_copy(n->arena, content->p, content->len);
	return has_content ? 0 : set_backed(r, n, has_payload, has_digest, err);
}

static int set_xattr(struct reader *r, struct vz_node *n, struct span field, size_t *budget, struct vz_err *err)
{
	const char *equals = field.len ? memchr(field.p, '=', field.len) : NULL;
	const struct vz_xattr *old;
	struct span key, value;
	char name[256];

	if (!equals)
		return vz_err_set(err, VZ_FAILED, "extended attribute is not KEY=VALUE");
	key = (struct span){ field.p, (size_t)(equals - field.p) };
	value = (struct span){ equals + 1, field.len - key.len - 1 };
	if (unescape_string(&key, &r->scratch[0], "the name of an extended attribute", err) < 0 ||
	    unescape(&value, &r->scratch[1], "an extended attribute", err) < 0)
		return -1;
	if (!key.len || key.len > 255)
		return vz_err_set(err, VZ_FAILED, "the name of an extended attribute is not 1 to 255 bytes long");
	memcpy(name, key.p, key.len);
	name[key.len] = 0;
	old = vz_node_xattr(n, name);
	*budget += VZ_IMAGE_XATTR_COST(key.len, value.len) - (old ? VZ_IMAGE_XATTR_COST(key.len, old->len) : 0);
	if (*budget > VZ_IMAGE_XATTRS_MAX)
		return vz_err_set(err, VZ_FAILED, "extended attributes are too large together");
	vz_node_set_xattr(n, name, value.p, value.len);
	return 0;
}

static int set_xattrs(struct reader *r, struct vz_node *n, struct vz_err *err)
{
	struct span rest = r->xattrs;
	size_t budget = VZ_IMAGE_XATTRS_BASE;

	if (rest.len > 65535)
		return vz_err_set(err, VZ_FAILED, "the text of the extended attributes is longer than 65535 bytes");
	while (rest.len) {
		const char *space = memchr(rest.p, ' ', rest.len);
		struct span field = { rest.p, space ? (size_t)(space - rest.p) : rest.len };
		size_t used = field.len + (space != NULL);

		if (set_xattr(r, n, field, &budget, err) < 0)
			return -1;
		rest.p += used;
		rest.len -= used;
	}
	return 0;
}

/* The node at `path`, whose components are names and nothing else. */
static struct vz_node *find(const struct vz_tree *t, struct span path)
{
	struct vz_node *n = t->root;
	const char *p = path.p, *end = p + path.len;

	while (n && p < end) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		size_t len = slash ? (size_t)(slash - p) : (size_t)(end - p);

		if (len)
			n = vz_node_child(n, p, len);
		p += len + (slash != NULL);
	}
	return n;
}

/* The directory `dir`: lines of one directory mostly stand together. */
static struct vz_node *find_parent(struct reader *r, struct span dir)
{
	if (!r->last_parent || dir.len != r->last_dir.len || (dir.len && memcmp(dir.p, r->last_dir.data, dir.len) != 0)) {
		r->last_parent = find(r->tree, dir);
		vz_buf_clear(&r->last_dir);
		vz_buf_add(&r->last_dir, dir.p, dir.len);
	}
	return r->last_parent && vz_node_is_dir(r->last_parent) ? r->last_parent : NULL;
}

static int place(struct reader *r, struct span path, uint32_t mode, struct vz_node **ret, struct vz_err *err)
{
	const char *slash = memrchr(path.p, '/', path.len);
	struct span name = slash ? (struct span){ slash + 1, (size_t)(path.p + path.len - slash - 1) } : path;
	struct vz_node *parent;
	char copy[256];

	if (!r->have_root)
		return vz_err_set(err, VZ_FAILED, "the first line is not the root directory");
	parent = find_parent(r, (struct span){ path.p, slash ? (size_t)(slash - path.p) : 0 });
	if (!parent)
		return vz_err_set(err, VZ_FAILED, "no earlier line makes the directory that '%.*s' is in",
				  (int)(path.len < 1024 ? path.len : 1024), path.p);
	if (!vz_node_name_is_valid(name.p, name.len))
		return vz_err_set(err, VZ_FAILED, "'%.*s' is no valid name", (int)(name.len < 300 ? name.len : 300), name.p);
	if (vz_node_child(parent, name.p, name.len))
		return vz_err_set(err, VZ_FAILED, "'%.*s' is there already", (int)name.len, name.p);
	memcpy(copy, name.p, name.len);
	copy[name.len] = 0;
	*ret = vz_node_add(parent, copy, mode);
	return 0;
}

static int place_root(struct reader *r, uint32_t mode, struct vz_node **ret, struct vz_err *err)
{
	if (r->have_root)
		return vz_err_set(err, VZ_FAILED, "the root is there already");
	if (!S_ISDIR(mode))
		return vz_err_set(err, VZ_FAILED, "the root is not a directory");
	r->have_root = true;
	*ret = r->tree->root;
	(*ret)->mode = mode;
	return 0;
}

static int add_link(struct reader *r, struct vz_node *n, struct vz_err *err)
{
	struct span *target = &r->field[PAYLOAD];
	bool set;

	if (optional(r, PAYLOAD, 0, &set, err) < 0)
		return -1;
	if (!set)
		return vz_err_set(err, VZ_FAILED, "hard link without target in PAYLOAD");
	vz_grow(r->links, r->n_links, r->cap_links);
	r->links[r->n_links++] = (struct pending){
		.node = n, .path = vz_arena_copy(n->arena, target->p, target->len), .line = r->line };
	n->owner = (uint32_t)r->n_links;
	return 0;
}

static int parse_mode(struct span s, bool *ret_link, uint32_t *ret, struct vz_err *err)
{
	uint64_t mode;

	*ret_link = s.len && *s.p == '@';
	s.p += *ret_link;
	s.len -= *ret_link;
	if (parse_number(s, 8, &mode) < 0)
		return vz_err_set(err, VZ_FAILED, "MODE is not an octal number");
	*ret = mode & 0177777;
	if (!vz_image_file_type(*ret))
		return vz_err_set(err, VZ_FAILED, "MODE has no file type");
	if (*ret_link && S_ISDIR(*ret))
		return vz_err_set(err, VZ_FAILED, "hard link with the MODE of a directory");
	return 0;
}

static void split(struct reader *r, const char *p, const char *end)
{
	for (int i = 0; i < N_FIELDS; i++) {
		const char *space = p < end ? memchr(p, ' ', (size_t)(end - p)) : NULL;
		const char *stop = space ? space : end;

		r->field[i] = (struct span){ p, (size_t)(stop - p) };
		p = space ? space + 1 : end;
	}
	r->xattrs = (struct span){ p, (size_t)(end - p) };
}

static int read_line(struct reader *r, const char *p, const char *end, struct vz_err *err)
{
	struct span path;
	struct vz_node *n = NULL;
	uint32_t mode = 0;
	bool link;
	int placed;

	if (p < end && memchr(p, 0, (size_t)(end - p)))
		return vz_err_set(err, VZ_FAILED, "NUL byte");
	split(r, p, end);
	path = r->field[PATH];
	if (unescape_string(&path, &r->scratch[2], field_names[PATH], err) < 0)
		return -1;
	if (!path.len)
		return vz_err_set(err, VZ_FAILED, "PATH is empty");
	if (parse_mode(r->field[MODE], &link, &mode, err) < 0)
		return -1;
	if (path.len == 1 && *path.p == '/')
		placed = place_root(r, mode, &n, err);
	else
		placed = place(r, path, mode, &n, err);
	if (placed < 0)
		return -1;
	if (link)
		return add_link(r, n, err);
	return set_numbers(r, n, err) < 0 || set_data(r, n, err) < 0 || set_xattrs(r, n, err) < 0 ? -1 : 0;
}

static int find_target(struct reader *r, struct pending *l, struct vz_err *err)
{
	l->target = find(r->tree, (struct span){ l->path, strlen(l->path) });
	if (!l->target)
		return vz_err_set(err, VZ_FAILED, "hard link to '%s', which is not there", l->path);
	if (vz_node_is_dir(l->target))
		return vz_err_set(err, VZ_FAILED, "hard link to the directory '%s'", l->path);
	return 0;
}

/* Gives all links on the way from `first` the inode where they end. */
static int follow_chain(struct reader *r, struct pending *first, struct vz_err *err)
{
	struct vz_node *end = first->target, *n = first->node;

	for (size_t steps = 0; end->owner; end = r->links[end->owner - 1].target)
		if (++steps > r->n_links)
			return vz_err_set(err, VZ_FAILED, "hard links lead in a circle from '%s'", first->path);
	while (n->owner) {
		struct pending *l = &r->links[n->owner - 1];

		n = l->target;
		l->target = end;
	}
	return 0;
}

static int resolve_links(struct reader *r, struct vz_err *err)
{
	for (size_t i = 0; i < r->n_links; i++)
		if (find_target(r, &r->links[i], err) < 0)
			return vz_err_wrap(err, "line %zu", r->links[i].line);
	for (size_t i = 0; i < r->n_links; i++)
		if (follow_chain(r, &r->links[i], err) < 0)
			return vz_err_wrap(err, "line %zu", r->links[i].line);
	for (size_t i = 0; i < r->n_links; i++) {
		r->links[i].node->owner = 0;
		vz_node_set_link(r->links[i].node, r->links[i].target);
	}
	return 0;
}

static int read_lines(struct reader *r, const char *text, size_t len, struct vz_err *err)
{
	const char *end = text + len;

	if (!len)
		return vz_err_set(err, VZ_FAILED, "line 1: no files");
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;

		r->line++;
		if (read_line(r, text, stop, err) < 0)
			return vz_err_wrap(err, "line %zu", r->line);
		text = stop + 1;
	}
	return resolve_links(r, err);
}

struct vz_tree *vz_dump_read(const char *text, size_t len, struct vz_err *err)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct reader r = { .tree = t };
	int done = read_lines(&r, text, len, err);

	for (int i = 0; i < 3; i++)
		vz_buf_release(&r.scratch[i]);
	vz_buf_release(&r.last_dir);
	free(r.links);
	return done < 0 ? NULL : steal(&t);
}
