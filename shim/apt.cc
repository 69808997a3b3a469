// SPDX-License-Identifier: GPL-3.0-or-later
extern "C" {
#include "base/alloc.h"
#include "base/err.h"
}
#include "shim/apt.h"

#include <apt-pkg/aptconfiguration.h>
#include <apt-pkg/arfile.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/debversion.h>
#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/init.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/pkgsystem.h>
#include <apt-pkg/sourcelist.h>
#include <apt-pkg/strutl.h>
#include <apt-pkg/tagfile.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>
#include <vector>

namespace {

// Empties libapt-pkg's error stack, which is one a thread, into `err`.
int fail(struct vz_err *err, const char *what)
{
	std::string text, line;

	while (!_error->empty(GlobalError::DEBUG)) {
		if (_error->PopMessage(line) || text.empty())
			text = line;
	}
	if (text.empty())
		return vz_err_set(err, VZ_FAILED, "%s", what);
	return vz_err_set(err, VZ_FAILED, "%s: %s", what, text.c_str());
}

// Runs `body`, which returns int or a pointer; an exception becomes `failed`.
template <typename Result, typename Body> Result guard(struct vz_err *err, Result failed, Body body)
{
	try {
		return body();
	} catch (const std::exception &e) {
		_error->Discard();
		vz_err_set(err, VZ_FAILED, "libapt-pkg: %s", e.what());
	} catch (...) {
		_error->Discard();
		vz_err_set(err, VZ_FAILED, "libapt-pkg: unknown exception");
	}
	return failed;
}

bool ready(struct vz_err *err)
{
	static std::once_flag once;
	static bool good;
	static struct vz_err why;

	std::call_once(once, [] {
		good = pkgInitConfig(*_config) && pkgInitSystem(*_config, _system);
		if (!good)
			fail(&why, "set up libapt-pkg");
		// fills the library's cache of compressors while there is one thread
		APT::Configuration::getCompressors();
		_error->Discard();
	});
	if (!good)
		*err = why;
	return good;
}

bool has_suffix(const std::string &s, const std::string &end)
{
	return s.size() >= end.size() && s.compare(s.size() - end.size(), end.size(), end) == 0;
}

bool is_archive_uri(const std::string &uri, const std::string &archive)
{
	static const char *const schemes[] = {"http:", "https:", "ftp:", "file:"};
	bool known = std::any_of(std::begin(schemes), std::end(schemes),
				 [&](const char *s) { return uri.compare(0, strlen(s), s) == 0; });

	return known && has_suffix(uri, "/" + archive);
}

std::vector<std::string> host_uris(const std::string &archive)
{
	std::vector<std::string> found;
	pkgSourceList list;

	// what apt itself can read of a list with a bad line still counts
	list.ReadMainList();
	_error->Discard();
	for (metaIndex *index : list) {
		std::string uri = index->GetURI();

		while (!uri.empty() && uri.back() == '/')
			uri.pop_back();
		if (is_archive_uri(uri, archive) && std::find(found.begin(), found.end(), uri) == found.end())
			found.push_back(uri);
	}
	return found;
}

// One field as the library cut it out, "Name: value\n more\n", for the callback.
int give_field(const char *start, const char *stop, unsigned stanza, vz_apt_field field, void *ctx, struct vz_err *err)
{
	const char *colon = static_cast<const char *>(memchr(start, ':', stop - start));
	const char *newline = static_cast<const char *>(memchr(start, '\n', stop - start));
	std::string name, value;

	if (!colon || colon == start || (newline && newline < colon))
		return vz_err_set(err, VZ_FAILED, "control text: a line of stanza %u is not a field", stanza + 1);
	name.assign(start, colon);
	if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f; }))
		return vz_err_set(err, VZ_FAILED, "control text: bad field name '%s'", name.c_str());
	for (colon++; colon < stop && (*colon == ' ' || *colon == '\t'); colon++)
		;
	while (stop > colon && isspace_ascii(stop[-1]))
		stop--;
	value.assign(colon, stop);
	return field(ctx, stanza, name.c_str(), value.c_str(), err) ? -1 : 0;
}

int read_control(const std::string &text, vz_apt_field field, void *ctx, struct vz_err *err)
{
	size_t at = text.find_first_not_of("\r\n");

	for (unsigned stanza = 0; at != std::string::npos; stanza++) {
		pkgTagSection section;

		if (isblank(static_cast<unsigned char>(text[at])) || !section.Scan(text.data() + at, text.size() - at))
			return fail(err, "control text: cannot be parsed");
		for (unsigned i = 0; i < section.Count(); i++) {
			const char *start, *stop;

			section.Get(start, stop, i);
			if (give_field(start, stop, stanza, field, ctx, err) < 0)
				return -1;
		}
		if (!section.size())
			return vz_err_set(err, VZ_FAILED, "control text: cannot be parsed");
		at = text.find_first_not_of("\r\n", at + section.size());
	}
	return 0;
}

} // namespace

struct vz_apt_deb {
	int fd;
	FileFd file;
	std::unique_ptr<ARArchive> ar;
	const ARArchive::Member *member[2];
	std::unique_ptr<FileFd> stream;
	uint64_t left;          // of a member that is not compressed; else endless
};

namespace {

bool is_archive_name(const std::string &name, const char *base)
{
	return name == base || name.compare(0, strlen(base) + 1, std::string(base) + ".") == 0;
}

int check_version(struct vz_apt_deb *d, const ARArchive::Member *m, struct vz_err *err)
{
	char text[16] = "";

	if (m->Size < 4 || pread(d->fd, text, std::min<size_t>(m->Size, sizeof text - 1), m->Start) < 4)
		return vz_err_set(err, VZ_FAILED, "member 'debian-binary' is too short");
	if (strncmp(text, "2.", 2) != 0 || !strchr(text, '\n'))
		return vz_err_set(err, VZ_FAILED, "package format '%.15s' is not 2.x", text);
	return 0;
}

// The library takes sizes in other notations than dpkg's, and names of another ar's: what two readers could see as
// two packages is none.
int check_header(struct vz_apt_deb *d, const ARArchive::Member *m, struct vz_err *err)
{
	char header[60], size[16];

	snprintf(size, sizeof size, "%-10llu`\n", static_cast<unsigned long long>(m->Size));
	if (pread(d->fd, header, sizeof header, static_cast<off_t>(m->Start) - 60) != 60 ||
	    memcmp(header + 48, size, 12) != 0)
		return vz_err_set(err, VZ_FAILED, "member '%s' has an odd header", m->Name.c_str());
	return 0;
}

int find_members(struct vz_apt_deb *d, struct vz_err *err)
{
	static const char *const base[2] = {"control.tar", "data.tar"};
	std::vector<const ARArchive::Member *> all;
	unsigned have = 0;

	// the library's list is the last one first
	for (const ARArchive::Member *m = d->ar->Members(); m; m = m->Next)
		all.insert(all.begin(), m);
	if (all.empty() || all[0]->Name != "debian-binary")
		return vz_err_set(err, VZ_FAILED, "its first member is not 'debian-binary'");
	for (const ARArchive::Member *m : all)
		if (check_header(d, m, err) < 0)
			return -1;
	for (size_t i = 1; i < all.size(); i++) {
		const std::string &name = all[i]->Name;

		if (have < 2 && is_archive_name(name, base[have]))
			d->member[have++] = all[i];
		else if (is_archive_name(name, base[0]) || is_archive_name(name, base[1]))
			return vz_err_set(err, VZ_FAILED, "member '%s' is out of place", name.c_str());
		else if (have < 2 && name[0] != '_')
			return vz_err_set(err, VZ_FAILED, "unknown member '%s'", name.c_str());
	}
	if (have < 2)
		return vz_err_set(err, VZ_FAILED, "has no member '%s'", base[have]);
	return check_version(d, all[0], err);
}

// A descriptor that ends where the member does: the library's reader of zstd goes on
// behind the end of its stream, where the other formats stop by themselves.
int copy_member(struct vz_apt_deb *d, const ARArchive::Member *m, struct vz_err *err)
{
	int copy = memfd_create("member", MFD_CLOEXEC);
	off_t at = static_cast<off_t>(m->Start), end = at + static_cast<off_t>(m->Size);

	if (copy < 0)
		return vz_err_sys(err, "make a memory file");
	while (at < end) {
		ssize_t n = sendfile(copy, d->fd, &at, static_cast<size_t>(end - at));

		if (n <= 0) {
			vz_err_sys(err, "read member '%s'", m->Name.c_str());
			close(copy);
			return -1;
		}
	}
	lseek(copy, 0, SEEK_SET);
	return copy;
}

int begin_stream(struct vz_apt_deb *d, const ARArchive::Member *m, struct vz_err *err)
{
	std::string ext = flExtension(m->Name);
	std::vector<APT::Configuration::Compressor> const known = APT::Configuration::getCompressors();
	auto how = std::find_if(known.begin(), known.end(), [&](const APT::Configuration::Compressor &c) {
		return ext == "tar" ? c.Extension.empty() || c.Extension == "." : c.Extension == "." + ext;
	});

	if (how == known.end())
		return vz_err_set(err, VZ_FAILED, "member '%s': unknown compression", m->Name.c_str());
	if (lseek(d->fd, static_cast<off_t>(m->Start), SEEK_SET) < 0)
		return vz_err_sys(err, "seek");
	d->left = ext == "tar" ? m->Size : UINT64_MAX;
	int fd = ext == "zst" ? copy_member(d, m, err) : d->fd;

	if (fd < 0)
		return -1;
	d->stream = std::make_unique<FileFd>();
	if (!d->stream->OpenDescriptor(fd, FileFd::ReadOnly, *how, fd != d->fd))
		return fail(err, m->Name.c_str());
	return 0;
}

} // namespace

extern "C" struct vz_apt_deb *vz_apt_deb_open(int fd, struct vz_err *err)
{
	return guard<struct vz_apt_deb *>(err, nullptr, [&]() -> struct vz_apt_deb * {
		auto d = std::make_unique<vz_apt_deb>();

		if (!ready(err))
			return nullptr;
		// what a call before left would be taken for a failure of this one
		_error->Discard();
		d->fd = fd;
		if (lseek(fd, 0, SEEK_SET) < 0 || !d->file.OpenDescriptor(fd, FileFd::ReadOnly, FileFd::None, false)) {
			fail(err, "open the package");
			return nullptr;
		}
		d->ar = std::make_unique<ARArchive>(d->file);
		if (_error->PendingError()) {
			fail(err, "not a Debian package");
			return nullptr;
		}
		if (find_members(d.get(), err) < 0) {
			vz_err_wrap(err, "not a Debian package");
			return nullptr;
		}
		return d.release();
	});
}

extern "C" int vz_apt_deb_begin(struct vz_apt_deb *d, enum vz_apt_archive which, struct vz_err *err)
{
	return guard(err, -1, [&] { return begin_stream(d, d->member[which], err); });
}

extern "C" ptrdiff_t vz_apt_deb_read(struct vz_apt_deb *d, void *buf, size_t len, struct vz_err *err)
{
	return guard<ptrdiff_t>(err, -1, [&]() -> ptrdiff_t {
		unsigned long long got = 0;
		size_t done = 0;

		len = std::min<uint64_t>(len, d->left);
		do {
			if (!d->stream->Read(static_cast<char *>(buf) + done, len - done, &got))
				return fail(err, "decompress");
			done += got;
		} while (got && done < len);
		if (d->left != UINT64_MAX)
			d->left -= done;
		return static_cast<ptrdiff_t>(done);
	});
}

extern "C" void vz_apt_deb_close(struct vz_apt_deb *d)
{
	delete d;
	_error->Discard();
}

extern "C" int vz_apt_control_read(const char *text, size_t len, vz_apt_field field, void *ctx, struct vz_err *err)
{
	return guard(err, -1, [&] {
		if (memchr(text, 0, len))
			return vz_err_set(err, VZ_FAILED, "control text: has a NUL byte");
		return read_control(std::string(text, len) + "\n\n", field, ctx, err);
	});
}

extern "C" int vz_apt_version_cmp(const char *a, const char *b)
{
	return debVS.DoCmpVersion(a, a + strlen(a), b, b + strlen(b));
}

extern "C" char **vz_apt_host_uris(const char *archive, struct vz_err *err)
{
	return guard<char **>(err, nullptr, [&]() -> char ** {
		if (!ready(err))
			return nullptr;
		std::vector<std::string> found = host_uris(archive);
		char **uris = static_cast<char **>(vz_alloc((found.size() + 1) * sizeof(char *)));

		for (size_t i = 0; i < found.size(); i++)
			uris[i] = vz_strdup(found[i].c_str());
		return uris;
	});
}

extern "C" void vz_apt_uris_free(char **uris)
{
	for (char **p = uris; p && *p; p++)
		free(*p);
	free(uris);
}

extern "C" const char *vz_apt_host_arch(void)
{
	static std::once_flag once;
	static std::string arch;

	std::call_once(once, [] {
		struct vz_err unused;

		// set even where reading the host's configuration fails
		ready(&unused);
		arch = _config->Find("APT::Architecture");
	});
	return arch.c_str();
}
