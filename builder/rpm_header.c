/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/rpm_header.h"

#include <assert.h>
#include <ctype.h>
#include <rpm/header.h>
#include <rpm/rpmbase64.h>
#include <rpm/rpmds.h>
#include <rpm/rpmio.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmtd.h>
#include <rpm/rpmts.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/fd.h"

/* librpm has these in a header that it does not install (rpmscript.h). */
enum { FLAG_EXPAND = 1 << 0, FLAG_FORMAT = 1 << 1 };

#define LEAD_LEN 96

static_assert((int)VZ_RPM_TRIGGERIN == (int)RPMSENSE_TRIGGERIN, "values of librpm");
static_assert((int)VZ_RPM_TRIGGERPREIN == (int)RPMSENSE_TRIGGERPREIN, "values of librpm");

static void header_free(Header *h)
{
	headerFree(*h);
}
#define auto_header __attribute__((cleanup(header_free)))

/* ---- the form that a database keeps ---- */

/* librpm reads packages from descriptors only, and wants the lead that nobody looks at. */
static int package_fd(const char *data, size_t len, struct vz_err *err)
{
	static const unsigned char magic[] = { 0xed, 0xab, 0xee, 0xdb };
	unsigned char lead[LEAD_LEN] = { 0xed, 0xab, 0xee, 0xdb, 3, 0, [79] = 5 };
	auto_fd int fd = memfd_create("header", MFD_CLOEXEC);

	if (fd < 0)
		return vz_err_sys(err, "make a memory file");
	if ((len < sizeof magic || memcmp(data, magic, sizeof magic) != 0) && vz_write_fd(fd, lead, sizeof lead, err) < 0)
		return -1;
	if (vz_write_fd(fd, data, len, err) < 0)
		return -1;
	return lseek(fd, 0, SEEK_SET) < 0 ? vz_err_sys(err, "rewind a memory file") : steal_fd(&fd);
}

static Header read_package(const char *data, size_t len, struct vz_err *err)
{
	auto_fd int fd = package_fd(data, len, err);
	FD_t in = fd < 0 ? NULL : fdDup(fd);
	Header h = NULL;
	rpmts ts;
	rpmRC rc;

	if (fd < 0)
		return NULL;
	ts = rpmtsCreate();
	/* fetching checked them, against keys and with the payload */
	rpmtsSetVSFlags(ts, RPMVSF_MASK_NODIGESTS | RPMVSF_MASK_NOSIGNATURES);
	rc = rpmReadPackageFile(ts, in, NULL, &h);
	Fclose(in);
	rpmtsFree(ts);
	if (!h || rc == RPMRC_FAIL || rc == RPMRC_NOTFOUND) {
		headerFree(h);
		vz_err_set(err, VZ_DAMAGED, "its header cannot be read");
		return NULL;
	}
	return h;
}

int vz_rpm_installed(const char *data, size_t len, int64_t date, struct vz_buf *ret, struct vz_err *err)
{
	auto_header Header h = read_package(data, len, err);
	uint32_t time = (uint32_t)date, color = 0;
	struct rpmtd_s names;
	unsigned size = 0;
	void *blob;

	if (!h)
		return -1;
	if (headerGet(h, RPMTAG_BASENAMES, &names, HEADERGET_MINMEM)) {
		auto_free char *states = vz_alloc(rpmtdCount(&names));      /* RPMFILE_STATE_NORMAL, all of them */

		headerPutChar(h, RPMTAG_FILESTATES, states, rpmtdCount(&names));
		rpmtdFreeData(&names);
	}
	headerPutUint32(h, RPMTAG_INSTALLTID, &time, 1);
	headerPutUint32(h, RPMTAG_INSTALLTIME, &time, 1);
	headerPutUint32(h, RPMTAG_INSTALLCOLOR, &color, 1);
	blob = headerExport(h, &size);
	if (!blob)
		return vz_err_set(err, VZ_DAMAGED, "its header cannot be written");
	vz_buf_add(ret, blob, size);
	free(blob);
	return 0;
}

/* ---- plain values ---- */

static char *get_string(Header h, rpmTagVal tag)
{
	char *s = headerGetAsString(h, tag), *copy = vz_strdup(s);

	free(s);
	return copy;
}

/* The strings of a tag, whether it is one or many. */
static char **get_strings(Header h, rpmTagVal tag, headerGetFlags flags, size_t *ret_n)
{
	struct rpmtd_s td;
	char **all = NULL;
	const char *s;

	*ret_n = 0;
	if (!headerGet(h, tag, &td, flags))
		return NULL;
	all = vz_alloc((rpmtdCount(&td) + 1) * sizeof *all);
	while ((s = rpmtdNextString(&td)))
		all[(*ret_n)++] = vz_strdup(s);
	rpmtdFreeData(&td);
	return all;
}

static uint32_t *get_numbers(Header h, rpmTagVal tag, size_t *ret_n)
{
	struct rpmtd_s td;
	uint32_t *all, *n;

	*ret_n = 0;
	if (!headerGet(h, tag, &td, HEADERGET_MINMEM))
		return NULL;
	all = vz_alloc((rpmtdCount(&td) + 1) * sizeof *all);
	while ((n = rpmtdNextUint32(&td)))
		all[(*ret_n)++] = *n;
	rpmtdFreeData(&td);
	return all;
}

static void set_flags(struct vz_rpm_script *s, uint64_t flags)
{
	s->expand = flags & FLAG_EXPAND;
	s->format = flags & FLAG_FORMAT;
}

static void default_program(struct vz_rpm_script *s)
{
	if (s->n_program)
		return;
	free(s->program);
	s->program = vz_alloc(2 * sizeof *s->program);
	s->program[s->n_program++] = vz_strdup("/bin/sh");
}

static void read_scripts(Header h, struct vz_rpm_package *p)
{
	static const struct { rpmTagVal body, program, flags; } tags[VZ_RPM_MOMENTS] = {
		[VZ_RPM_PRETRANS] = { RPMTAG_PRETRANS, RPMTAG_PRETRANSPROG, RPMTAG_PRETRANSFLAGS },
		[VZ_RPM_PRE] = { RPMTAG_PREIN, RPMTAG_PREINPROG, RPMTAG_PREINFLAGS },
		[VZ_RPM_POST] = { RPMTAG_POSTIN, RPMTAG_POSTINPROG, RPMTAG_POSTINFLAGS },
		[VZ_RPM_POSTTRANS] = { RPMTAG_POSTTRANS, RPMTAG_POSTTRANSPROG, RPMTAG_POSTTRANSFLAGS },
	};

	for (int i = 0; i < VZ_RPM_MOMENTS; i++) {
		struct vz_rpm_script *s = &p->scripts[i];

		s->program = get_strings(h, tags[i].program, HEADERGET_MINMEM, &s->n_program);
		s->body = get_string(h, tags[i].body);
		set_flags(s, headerGetNumber(h, tags[i].flags));
		if (s->body)
			default_program(s);
	}
}

struct trigger_tags {
	rpmTagVal name, version, flags, index, scripts, programs, script_flags, priorities;
};

static void read_trigger_scripts(Header h, const struct trigger_tags *tags, struct vz_rpm_triggers *t)
{
	size_t n_programs, n_flags;
	char **programs = get_strings(h, tags->programs, HEADERGET_MINMEM, &n_programs);
	char **bodies = get_strings(h, tags->scripts, HEADERGET_MINMEM, &t->n_scripts);
	auto_free uint32_t *flags = get_numbers(h, tags->script_flags, &n_flags);

	t->scripts = vz_alloc((t->n_scripts + 1) * sizeof *t->scripts);
	for (size_t i = 0; i < t->n_scripts; i++) {
		struct vz_rpm_script *s = &t->scripts[i];

		s->body = bodies[i];
		if (i < n_programs) {
			s->program = vz_alloc(2 * sizeof *s->program);
			s->program[s->n_program++] = steal(&programs[i]);
		}
		default_program(s);
		if (i < n_flags)
			set_flags(s, flags[i]);
	}
	for (size_t i = 0; i < n_programs; i++)
		free(programs[i]);
	free(programs);
	free(bodies);
}

static int read_triggers(Header h, const struct trigger_tags *tags, struct vz_rpm_triggers *t, struct vz_err *err)
{
	size_t n, n_versions, n_flags, n_indexes, n_priorities = 0;
	char **names = get_strings(h, tags->name, HEADERGET_MINMEM, &n);
	char **versions = get_strings(h, tags->version, HEADERGET_MINMEM, &n_versions);
	auto_free uint32_t *flags = get_numbers(h, tags->flags, &n_flags);
	auto_free uint32_t *indexes = get_numbers(h, tags->index, &n_indexes);
	bool sane = n == n_versions && n == n_flags && n == n_indexes;

	read_trigger_scripts(h, tags, t);
	if (tags->priorities)
		t->priorities = get_numbers(h, tags->priorities, &n_priorities);
	t->conditions = vz_alloc((n + 1) * sizeof *t->conditions);
	for (size_t i = 0; i < n; i++) {
		struct vz_rpm_condition *c = &t->conditions[t->n_conditions++];

		c->name = names[i];
		if (!sane)
			continue;
		*c = (struct vz_rpm_condition){ names[i], steal(&versions[i]), flags[i], indexes[i] };
		sane = indexes[i] < t->n_scripts;
	}
	for (size_t i = 0; i < n_versions; i++)
		free(versions[i]);
	free(versions);
	free(names);
	if (!sane || (tags->priorities && n_priorities != t->n_scripts))
		return vz_err_set(err, VZ_DAMAGED, "its triggers contradict each other");
	return 0;
}

static int read_all_triggers(Header h, struct vz_rpm_package *p, struct vz_err *err)
{
	static const struct trigger_tags tags[VZ_RPM_KINDS] = {
		[VZ_RPM_TRIGGER] = {
			RPMTAG_TRIGGERNAME, RPMTAG_TRIGGERVERSION, RPMTAG_TRIGGERFLAGS, RPMTAG_TRIGGERINDEX,
			RPMTAG_TRIGGERSCRIPTS, RPMTAG_TRIGGERSCRIPTPROG, RPMTAG_TRIGGERSCRIPTFLAGS, 0 },
		[VZ_RPM_FILE_TRIGGER] = {
			RPMTAG_FILETRIGGERNAME, RPMTAG_FILETRIGGERVERSION, RPMTAG_FILETRIGGERFLAGS, RPMTAG_FILETRIGGERINDEX,
			RPMTAG_FILETRIGGERSCRIPTS, RPMTAG_FILETRIGGERSCRIPTPROG, RPMTAG_FILETRIGGERSCRIPTFLAGS,
			RPMTAG_FILETRIGGERPRIORITIES },
		[VZ_RPM_TRANS_FILE_TRIGGER] = {
			RPMTAG_TRANSFILETRIGGERNAME, RPMTAG_TRANSFILETRIGGERVERSION, RPMTAG_TRANSFILETRIGGERFLAGS,
			RPMTAG_TRANSFILETRIGGERINDEX, RPMTAG_TRANSFILETRIGGERSCRIPTS, RPMTAG_TRANSFILETRIGGERSCRIPTPROG,
			RPMTAG_TRANSFILETRIGGERSCRIPTFLAGS, RPMTAG_TRANSFILETRIGGERPRIORITIES },
	};

	for (int i = 0; i < VZ_RPM_KINDS; i++)
		if (read_triggers(h, &tags[i], &p->triggers[i], err) < 0)
			return -1;
	return 0;
}

/* A provide "user(NAME) = BASE64" is a line of sysusers.d(5) (rpm 4.19). */
static bool decode_sysuser(const char *name, const char *version, struct vz_buf *lines)
{
	void *line = NULL;
	size_t len = 0;
	bool sane;

	if ((strncmp(name, "user(", 5) && strncmp(name, "group(", 6) && strncmp(name, "groupmember(", 12)) || !*version)
		return true;
	sane = rpmBase64Decode(version, &line, &len) == 0 && len && len < 4096;
	for (size_t i = 0; sane && i < len; i++)
		sane = !iscntrl(((unsigned char *)line)[i]) || ((char *)line)[i] == '\t';
	if (sane) {
		vz_buf_add(lines, line, len);
		vz_buf_putc(lines, '\n');
	}
	free(line);
	return sane;
}

static int read_sysusers(Header h, struct vz_rpm_package *p, struct vz_err *err)
{
	auto_buf struct vz_buf lines = {0};
	size_t n, n_versions;
	char **names = get_strings(h, RPMTAG_PROVIDENAME, HEADERGET_MINMEM, &n);
	char **versions = get_strings(h, RPMTAG_PROVIDEVERSION, HEADERGET_MINMEM, &n_versions);
	bool sane = n == n_versions;

	for (size_t i = 0; sane && i < n; i++)
		sane = decode_sysuser(names[i], versions[i], &lines);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	for (size_t i = 0; i < n_versions; i++)
		free(versions[i]);
	free(names);
	free(versions);
	if (lines.len)
		p->sysusers = vz_buf_steal(&lines);
	return sane ? 0 : vz_err_set(err, VZ_DAMAGED, "what it provides cannot be read");
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct vz_rpm_package *vz_rpm_package_read(const char *data, size_t len, struct vz_err *err)
{
	auto_header Header h = headerImport((void *)data, (unsigned)len, HEADERIMPORT_COPY);
	auto_rpm_package struct vz_rpm_package *p = vz_new(struct vz_rpm_package);

	if (!h) {
		vz_err_set(err, VZ_DAMAGED, "a header in the package database cannot be read");
		return NULL;
	}
	p->name = get_string(h, RPMTAG_NAME);
	p->evr = get_string(h, RPMTAG_EVR);
	p->arch = get_string(h, RPMTAG_ARCH);
	p->rpm_version = get_string(h, RPMTAG_RPMVERSION);
	if (!p->name || !p->evr) {
		vz_err_set(err, VZ_DAMAGED, "a header in the package database has no name");
		return NULL;
	}
	p->files = get_strings(h, RPMTAG_FILENAMES, HEADERGET_EXT, &p->n_files);
	for (size_t i = 0; i < p->n_files; i++)
		if (p->files[i][0] != '/') {
			vz_err_set(err, VZ_DAMAGED, "package '%s': it has a file without a directory", p->name);
			return NULL;
		}
	if (p->n_files)
		qsort(p->files, p->n_files, sizeof *p->files, by_path);
	p->prefixes = get_strings(h, RPMTAG_INSTPREFIXES, HEADERGET_MINMEM, &p->n_prefixes);
	if (!p->n_prefixes) {
		free(p->prefixes);
		p->prefixes = get_strings(h, RPMTAG_PREFIXES, HEADERGET_MINMEM, &p->n_prefixes);
	}
	read_scripts(h, p);
	if (read_all_triggers(h, p, err) < 0 || read_sysusers(h, p, err) < 0) {
		vz_err_wrap(err, "package '%s'", p->name);
		return NULL;
	}
	return steal(&p);
}

static void free_strings(char **all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(all[i]);
	free(all);
}

static void script_release(struct vz_rpm_script *s)
{
	free_strings(s->program, s->n_program);
	free(s->body);
}

void vz_rpm_package_free(struct vz_rpm_package *p)
{
	if (!p)
		return;
	for (int i = 0; i < VZ_RPM_MOMENTS; i++)
		script_release(&p->scripts[i]);
	for (int i = 0; i < VZ_RPM_KINDS; i++) {
		struct vz_rpm_triggers *t = &p->triggers[i];

		for (size_t k = 0; k < t->n_conditions; k++) {
			free(t->conditions[k].name);
			free(t->conditions[k].version);
		}
		for (size_t k = 0; k < t->n_scripts; k++)
			script_release(&t->scripts[k]);
		free(t->conditions);
		free(t->scripts);
		free(t->priorities);
	}
	free_strings(p->files, p->n_files);
	free_strings(p->prefixes, p->n_prefixes);
	free(p->name);
	free(p->evr);
	free(p->arch);
	free(p->rpm_version);
	free(p->sysusers);
	free(p);
}

bool vz_rpm_condition_holds(const struct vz_rpm_condition *c, const char *name, const char *evr)
{
	rpmds have, want;
	bool holds;

	if (strcmp(c->name, name) != 0)
		return false;
	if (!(c->flags & RPMSENSE_SENSEMASK) || !c->version || !*c->version)
		return true;
	have = rpmdsSingle(RPMTAG_PROVIDENAME, name, evr, RPMSENSE_EQUAL);
	want = rpmdsSingle(RPMTAG_TRIGGERNAME, name, c->version, (rpmsenseFlags)c->flags);
	holds = rpmdsCompare(have, want);
	rpmdsFree(have);
	rpmdsFree(want);
	return holds;
}

char *vz_rpm_format(const char *data, size_t len, const char *format)
{
	auto_header Header h = headerImport((void *)data, (unsigned)len, HEADERIMPORT_COPY);
	char *text = h ? headerFormat(h, format, NULL) : NULL, *copy = vz_strdup(text);

	free(text);
	return copy;
}
