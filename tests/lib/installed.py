# SPDX-License-Identifier: GPL-3.0-or-later
"""What an environment's package database has, read without the family's own tools, for sequences.py: the packages that the test
made, each with the files that it has to have in its version, and all others."""
import os
import shutil
import sqlite3
import struct
import tempfile

TOP = "usr/share/vz/"
OURS = ["core", "lib", "app", "tool", "daemon", "mine"]
CONFIG = {"core": "etc/vz/core.conf", "app": "etc/vz/app.conf"}


class Failure(Exception):
    pass


def want(condition, *what):
    if not condition:
        raise Failure(" ".join(str(w) for w in what))


def files_of(name, version):
    """Path -> content of a package in a version."""
    paths = ["a", "b", "dir/c", "only-" + version]
    found = {f"{TOP}{name}/{p}": f"{name} {version} {p}\n" for p in paths}
    if name in CONFIG:
        found[CONFIG[name]] = f"{name} {version} conf\n"
    return found


def files_of_all(ours):
    return {path for name, version in ours.items() for path in files_of(name, version)}


# ---- the two families ----

class Deb:
    database = ["var/lib/dpkg", "var/lib/apt", "var/log", "var/cache"]

    def installed(self, top):
        """Ours as name -> version, all others as a set."""
        ours, others = {}, set()
        with open(top + "/var/lib/dpkg/status", encoding="utf-8") as f:
            for stanza in f.read().split("\n\n"):
                fields = dict(line.split(": ", 1) for line in stanza.split("\n") if ": " in line and line[0] != " ")
                if fields.get("Status", "").endswith(" installed"):
                    if fields["Package"] in OURS:
                        ours[fields["Package"]] = fields["Version"].split("-")[0]
                    else:
                        others.add((fields["Package"], fields["Version"]))
                elif fields and not fields["Status"].endswith(" not-installed"):
                    want(fields["Package"] in OURS and fields["Status"].endswith(" config-files"), "half installed:", stanza)
        for name in OURS:
            listed = f"{top}/var/lib/dpkg/info/{name}.list"
            want(os.path.exists(listed) == (name in ours), f"'{name}.list' does not fit the status of '{name}'")
            if name in ours:
                with open(listed, encoding="utf-8") as f:
                    self.check_list(name, ours[name], f.read().split("\n"))
        want(not os.listdir(top + "/var/lib/dpkg/updates"), "dpkg left updates")
        return ours, others

    def check_list(self, name, version, lines):
        for path in files_of(name, version):
            want("/" + path in lines, f"'{path}' is not in the list of '{name}' {version}")
        want(f"/{TOP}{name}/only-{version}" in lines, f"the list of '{name}' is of another version")

    def install(self, name, version):
        return ["dpkg", "--force-unsafe-io", "-i", f"/root/{name}.deb"], f"{name}_{version}_*.deb", f"root/{name}.deb"

    def remove(self, name):
        return ["dpkg", "--force-unsafe-io", "-P", name]


class Rpm:
    database = ["var/lib/rpm", "usr/lib/sysimage/rpm", "var/log", "var/cache"]
    NAME, VERSION, RELEASE, BASENAMES, DIRNAMES, DIRINDEXES = 1000, 1001, 1002, 1117, 1118, 1116

    def blobs(self, top):
        base = next(d for d in (top + "/var/lib/rpm", top + "/usr/lib/sysimage/rpm") if os.path.exists(d + "/rpmdb.sqlite"))
        with tempfile.TemporaryDirectory() as where:
            for end in ("", "-wal"):
                if os.path.exists(f"{base}/rpmdb.sqlite{end}"):
                    shutil.copyfile(f"{base}/rpmdb.sqlite{end}", f"{where}/db{end}")
            db = sqlite3.connect(where + "/db")
            rows = [row[0] for row in db.execute("select blob from Packages")]
            names = {row[0] for row in db.execute("select key from Name")}
            db.close()
        return rows, names

    def header(self, blob):
        n, size = struct.unpack(">II", blob[:8])
        store, tags = blob[8 + 16 * n:8 + 16 * n + size], {}
        for i in range(n):
            tag, kind, at, count = struct.unpack(">IIiI", blob[8 + 16 * i:24 + 16 * i])
            if kind in (6, 8, 9):
                tags[tag] = [t.decode() for t in store[at:].split(b"\0", count)[:count]]
            elif kind == 4:
                tags[tag] = struct.unpack(f">{count}I", store[at:at + 4 * count])
        return tags

    def installed(self, top):
        ours, others = {}, set()
        rows, names = self.blobs(top)
        for blob in rows:
            tags = self.header(blob)
            name, version = tags[self.NAME][0], tags[self.VERSION][0]
            want(name in names, f"'{name}' is not in the database's index")
            if name not in OURS:
                others.add((name, version))
                continue
            want(name not in ours, f"'{name}' is installed twice")
            ours[name] = version
            paths = {tags[self.DIRNAMES][d] + b for d, b in zip(tags[self.DIRINDEXES], tags[self.BASENAMES])}
            for path in files_of(name, version):
                want("/" + path in paths, f"'{path}' is not in the database's '{name}' {version}")
        want(names == set(ours) | {n for n, _ in others}, "the database's index has names that it has no packages for")
        return ours, others

    def install(self, name, version):
        return ["rpm", "-U", f"/root/{name}.rpm"], f"{name}-{version}-*.rpm", f"root/{name}.rpm"

    def remove(self, name):
        return ["rpm", "-e", name]
