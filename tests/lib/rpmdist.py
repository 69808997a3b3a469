#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Debian binaries as RPM packages: trees and spec files for rpmbuild.

    rpmdist.py debs   TABLE               the names of the .debs that are needed
    rpmdist.py specs  TABLE DEBDIR OUT    OUT/NAME/tree and OUT/NAME/NAME.spec for each; prints "NAME ARCH TIME"
    rpmdist.py check  REPO                every requirement in REPO's primary.xml has a provider

TABLE is the directory rpmdist/. Its file `packages` has a line "NAME PAYLOAD DEB[,DEB...]" for each package, or "-" for
one that no .deb is the source of. NAME.part beside it, where there is one, adds to the spec:

    tags              up to the first line that begins with "%"; Version, Release, BuildArch replace what the first
                      .deb says
    %prepare          shell that changes the tree (its working directory)
    %attributes       lines "PATH DIRECTIVE...": put before that path's line in %files; "PATH -" leaves it out of it;
                      of a path that does not exist only the directive goes there (%ghost)
    any other         as in a spec file

Paths are moved below /usr, as a distribution with merged /usr packages them. The package `filesystem` owns the directories
that it has; others own those that it has not.
"""
import io
import multiprocessing
import os
import re
import subprocess
import sys
import tarfile

DROP = re.compile(r"usr/share/(man|info|locale|lintian|doc-base|bug|doc/[^/]+/(?!copyright$)[^/]*|bash-completion|menu|"
                  r"pixmaps|metainfo|zsh|fish|gcc|debianutils|vim|apport|applications|pam-configs)(/|$)")
MERGED = re.compile(r"(bin|sbin|lib|lib64)(/|$)")
MADE = 1700000000  # the time of what no .deb brought


def table(where):
    with open(os.path.join(where, "packages"), encoding="utf-8") as f:
        for line in f:
            line = line.partition("#")[0].split()
            if line:
                yield line[0], line[1], [] if line[2] == "-" else line[2].split(",")


def part(where, name):
    """tags, {section line: body} of NAME.part"""
    tags, sections, at = [], {}, None
    try:
        with open(os.path.join(where, name + ".part"), encoding="utf-8") as f:
            text = f.read()
    except FileNotFoundError:
        return tags, sections
    for line in text.splitlines():
        if re.match(r"%(?!\{|if|endif|define|global)", line):
            at = line
            sections[at] = []
        elif at is None:
            if line and not line.startswith("#"):
                tags.append(line)
        else:
            sections[at].append(line)
    return tags, sections


def control(deb):
    """Version, Architecture, summary and conffiles, moved below /usr"""
    tar = tarfile.open(fileobj=io.BytesIO(subprocess.run(["dpkg-deb", "--ctrl-tarfile", deb], check=True,
                                                         capture_output=True).stdout))
    text = tar.extractfile("./control").read().decode()
    listed = tar.extractfile("./conffiles").read().decode() if "./conffiles" in tar.getnames() else ""
    version, arch, summary = (re.search(f"^{f}: (.*)", text, re.M)[1] for f in ("Version", "Architecture", "Description"))
    return version, arch, summary, {"/" + re.sub(r"^/(?=s?bin/|lib)", "/usr/", c).lstrip("/") for c in listed.split()}


def unpack(deb, tree, owners):
    """The .deb's files below `tree`; who owns them goes to `owners`"""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        dirs = []
        for m in tar:
            path = os.path.normpath(m.name)
            path = "usr/" + path if MERGED.match(path) else path
            if path == "." or DROP.match(path):
                continue
            there = os.path.join(tree, path)
            os.makedirs(os.path.dirname(there), exist_ok=True)
            if m.isdir():
                os.makedirs(there, exist_ok=True)
                dirs.append((there, m))
            elif m.issym():
                if not os.path.lexists(there):
                    os.symlink(m.linkname, there)
                    os.utime(there, (m.mtime, m.mtime), follow_symlinks=False)
            elif m.islnk():
                first = os.path.normpath(m.linkname)
                os.link(os.path.join(tree, "usr/" + first if MERGED.match(first) else first), there)
            else:
                with open(there, "wb") as f:
                    f.write(tar.extractfile(m).read())
                os.chmod(there, m.mode)
                os.utime(there, (m.mtime, m.mtime))
            owners["/" + path] = (m.uname, m.gname)
        for there, m in dirs:
            os.chmod(there, m.mode)


def files(tree, owners, conffiles, attributes, foreign):
    """The lines of %files"""
    lines = []
    for top, dirs, names in os.walk(tree):
        dirs.sort()
        for name in sorted(dirs + names):
            there = os.path.join(top, name)
            path = there[len(tree):]
            st = os.lstat(there)
            extra = attributes.pop(path, "")
            is_dir = os.path.isdir(there) and not os.path.islink(there)
            if extra == "-" or (is_dir and not extra and path in foreign):
                continue
            owner, group = owners.get(path, ("root", "root"))
            line = "" if os.path.islink(there) or "%attr" in extra else f"%attr(0{st.st_mode & 0o7777:o},{owner},{group}) "
            if is_dir:
                line += "%dir "
            if path in conffiles and "%config" not in extra:
                line += "%config(noreplace) "
            lines.append(f'{line}{extra + " " if extra else ""}"{path.replace("%", "%%")}"')
    return lines + [f'{extra} "{path}"' for path, extra in attributes.items() if extra != "-"]


def version_of(text):
    """[Epoch], Version, Release from a Debian version"""
    match = re.fullmatch(r"(?:(\d+):)?(.+?)(?:-([^-]+))?", text)
    return match[1], match[2].replace("-", "_"), (match[3] or "1") + ".vz1"


def newest(tree):
    return max([int(os.lstat(os.path.join(top, name)).st_mtime) for top, dirs, names in os.walk(tree) for name in
                names + [d for d in dirs if os.path.islink(os.path.join(top, d))]] or [MADE])


def settle(tree, before):
    """What %prepare made has the time of what no .deb brought"""
    for top, dirs, names in os.walk(tree):
        for name in dirs + names:
            there = os.path.join(top, name)
            if os.lstat(there).st_mtime >= before:
                os.utime(there, (MADE, MADE), follow_symlinks=False)


def spec(name, payload, debs, where, out, foreign, stamp):
    tags, sections = part(where, name)
    tree = os.path.join(out, name, "tree")
    os.makedirs(tree)
    owners, conffiles = {}, set()
    of_deb, arch, summary = "1.0-1", "any", "Part of a test"
    for deb in reversed(debs):
        unpack(deb, tree, owners)
        of_deb, arch, summary, more = control(deb)
        conffiles |= more
    prepare = sections.pop("%prepare", None)
    if prepare:
        subprocess.run(["bash", "-euc", "\n".join(prepare)], cwd=tree, check=True)
    settle(tree, stamp)
    attributes = dict(line.split(None, 1) for line in sections.pop("%attributes", []) if line)
    given = {t.partition(":")[0] for t in tags}
    arch = "noarch" if "BuildArch" in given or arch == "all" else os.uname().machine
    head = [f"Name: {name}", "License: as in its copyright file"]
    if "Version" not in given:
        epoch, version, release = version_of(of_deb)
        head += [f"Version: {version}"] + ([f"Epoch: {epoch}"] if epoch else [])
        head += [f"Release: {release}"] if "Release" not in given else []
    elif "Release" not in given:
        head += ["Release: 1.vz1"]
    if "Summary" not in given:
        head += ["Summary: " + summary]
    if arch == "noarch" and "BuildArch" not in given:
        head += ["BuildArch: noarch"]
    listed = files(tree, owners, conffiles, attributes, foreign)
    body = [f"%define _binary_payload {payload}"] + head + tags + ["%description", "Made by a test.", "%install",
            "mkdir -p $RPM_BUILD_ROOT", f"cp -a {tree}/. $RPM_BUILD_ROOT/", "%files"] + listed
    for line, text in sections.items():
        body += [line] + text
    with open(os.path.join(out, name, name + ".spec"), "w", encoding="utf-8") as f:
        f.write("\n".join(body) + "\n")
    print(name, arch, newest(tree), flush=True)
    return set(re.findall(r'%dir .*"(/.*)"', "\n".join(listed)))


def specs(where, debdir, out):
    found = {}
    for file in os.listdir(debdir):
        if file.endswith(".deb"):
            found[file.partition("_")[0]] = os.path.join(debdir, file)
    os.makedirs(out, exist_ok=True)
    stamp = os.lstat(out).st_mtime - 1
    jobs = [[name, payload, [found[d] for d in debs], where, out] for name, payload, debs in table(where)]
    first = next(job for job in jobs if job[0] == "filesystem")
    foreign = spec(*first, set(), stamp)
    with multiprocessing.Pool(2) as pool:
        pool.starmap(spec, [job + [foreign, stamp] for job in jobs if job is not first], 1)


def check(repo):
    """Prints what nothing provides; rich dependencies are left to the solver"""
    import glob
    import gzip
    import xml.etree.ElementTree as tree
    common, rpm = "{http://linux.duke.edu/metadata/common}", "{http://linux.duke.edu/metadata/rpm}"
    with gzip.open(glob.glob(os.path.join(repo, "repodata", "*-primary.xml.gz"))[0]) as f:
        packages = tree.parse(f).getroot().findall(common + "package")
    provided, bad = set(), 0
    for p in packages:
        provided |= {e.get("name") for e in p.iterfind(f"{common}format/{rpm}provides/{rpm}entry")}
        provided |= {e.text for e in p.iterfind(f"{common}format/{common}file")}
    for p in packages:
        for e in p.iterfind(f"{common}format/{rpm}requires/{rpm}entry"):
            if e.get("name") not in provided and not e.get("name").startswith(("(", "rpmlib(")):
                print(f"{p.findtext(common + 'name')}: nothing provides {e.get('name')}", file=sys.stderr)
                bad = 1
    return bad


if __name__ == "__main__":
    if sys.argv[1] == "debs":
        print(*sorted({deb for line in table(sys.argv[2]) for deb in line[2]}))
    elif sys.argv[1] == "specs":
        specs(*sys.argv[2:5])
    else:
        sys.exit(check(sys.argv[2]))
