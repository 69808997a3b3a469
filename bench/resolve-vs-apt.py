#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does vzpkg choose what apt-get chooses?

Takes N package names at random from Debian main and lets both sides resolve
each of them, together with what is essential and required, in an empty root,
without recommended packages: apt-get -s with a configuration of its own, and
vzpkg create template -n.  Compares the sets of names and versions, and checks
each plan of vzpkg against the text of the index, without any resolver: every
dependency met, nothing that conflicts.

The archive is the one that the host's apt configuration names.  Differences
are written with what led to them.  Exit 1 if fewer than 95 % are equal, or a
plan is not closed.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def version_key(part):
    """A key that orders upstream versions or revisions as Debian policy 5.6.12 says."""
    key = []
    while part:
        text = re.match(r"[^0-9]*", part).group()
        part = part[len(text):]
        # "~" before the end, the end before letters, letters before the rest
        key.append([-1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256 for c in text] + [0])
        digits = re.match(r"[0-9]*", part).group()
        part = part[len(digits):]
        key.append(int(digits or 0))
    return key


def split_version(version):
    epoch, rest = version.split(":", 1) if ":" in version else ("0", version)
    upstream, revision = rest.rsplit("-", 1) if "-" in rest else (rest, "")
    return int(epoch), upstream, revision


def compare(a, b):
    (ea, ua, ra), (eb, ub, rb) = split_version(a), split_version(b)
    if ea != eb:
        return -1 if ea < eb else 1
    for x, y in ((ua, ub), (ra, rb)):
        kx, ky = version_key(x), version_key(y)
        length = max(len(kx), len(ky))
        for k in (kx, ky):
            while len(k) < length:
                k.append([0] if len(k) % 2 == 0 else 0)
        if kx != ky:
            return -1 if kx < ky else 1
    return 0


RELATIONS = {"<<": lambda c: c < 0, "<=": lambda c: c <= 0, "=": lambda c: c == 0, ">=": lambda c: c >= 0, ">>": lambda c: c > 0}


def parse_relation(text):
    m = re.match(r"\s*([^\s:(]+)(?::(\S+))?\s*(?:\(\s*([<>=]+)\s*([^)\s]+)\s*\))?\s*$", text)
    return m.groups()


def parse_groups(text):
    return [[parse_relation(a) for a in group.split("|")] for group in text.replace("\n", " ").split(",") if group.strip()]


def read_index(text):
    packages = {}
    for stanza in text.split("\n\n"):
        fields = {}
        for line in re.split(r"\n(?![ \t])", stanza):
            name, colon, value = line.partition(":")
            if colon:
                fields[name] = value.strip()
        if "Package" in fields:
            packages.setdefault(fields["Package"], {})[fields["Version"]] = fields
    return packages


def meets(package, relation):
    """Does this stanza satisfy the relation, itself or by what it provides."""
    name, arch, op, wanted = relation
    if arch == "any" and package.get("Multi-Arch") != "allowed":
        return False
    if package["Package"] == name:
        return not op or RELATIONS[op](compare(package["Version"], wanted))
    for group in parse_groups(package.get("Provides", "")):
        pname, _, pop, pversion = group[0]
        if pname == name and (not op or (pop == "=" and RELATIONS[op](compare(pversion, wanted)))):
            return True
    return False


def open_ends(packages, plan):
    """What is wrong with a set of packages, by the index alone."""
    chosen = [packages[name][version] for name, version in plan]
    providers = {}
    for p in chosen:
        providers.setdefault(p["Package"], []).append(p)
        for group in parse_groups(p.get("Provides", "")):
            providers.setdefault(group[0][0], []).append(p)
    wrong = []
    for p in chosen:
        for field in ("Pre-Depends", "Depends"):
            for group in parse_groups(p.get(field, "")):
                if not any(meets(q, r) for r in group for q in providers.get(r[0], [])):
                    wrong.append(f"{p['Package']}: {field}: {group} is not met")
        for field in ("Conflicts", "Breaks"):
            for group in parse_groups(p.get(field, "")):
                for q in providers.get(group[0][0], []):
                    if q is not p and meets(q, group[0]):
                        wrong.append(f"{p['Package']}: {field}: {q['Package']} is there")
    return wrong


def explain(packages, ours, theirs):
    """For each package that one side alone has: whose dependency it meets, and what the other side took."""
    lines = []
    for title, mine, other in (("vzpkg", ours, theirs), ("apt", theirs, ours)):
        for name, version in sorted(mine - other):
            package = packages[name][version]
            reasons = []
            for user, user_version in sorted(mine):
                fields = packages[user][user_version]
                for field in ("Pre-Depends", "Depends"):
                    for text in fields.get(field, "").split(","):
                        if text.strip() and any(meets(package, r) for r in parse_groups(text)[0]):
                            reasons.append(f"{user} {field}: {text.strip()}")
            lines.append(f"  only {title}: {name} {version}, for " + ("; ".join(reasons[:3]) or "nothing that is in the set"))
    return lines


class Apt:
    def __init__(self, work, uri, suite):
        self.work = work
        for d in ("state/lists/partial", "cache/archives/partial", "etc", "log"):
            os.makedirs(f"{work}/{d}")
        open(f"{work}/state/status", "w").close()
        with open(f"{work}/etc/sources.list", "w") as f:
            f.write(f"deb [arch=amd64 signed-by={KEYRING}] {uri} {suite} main\n")
        with open(f"{work}/apt.conf", "w") as f:
            f.write(f'''Dir::State "{work}/state"; Dir::State::status "{work}/state/status"; Dir::Cache "{work}/cache";
Dir::Etc "{work}/etc"; Dir::Log "{work}/log"; Dir::Etc::sourcelist "{work}/etc/sources.list";
APT::Architecture "amd64"; APT::Architectures "amd64"; Acquire::Languages "none"; APT::Sandbox::User "root";
APT::Install-Recommends "false"; Debug::NoLocking "true";
''')
        self.env = dict(os.environ, APT_CONFIG=f"{work}/apt.conf", LC_ALL="C")

    def run(self, *args):
        return subprocess.run(args, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def update(self):
        done = self.run("apt-get", "update")
        if done.returncode:
            sys.exit(done.stdout)

    def index(self):
        lists = f"{self.work}/state/lists"
        name = next(n for n in os.listdir(lists) if "_Packages" in n)
        return self.run("/usr/lib/apt/apt-helper", "cat-file", f"{lists}/{name}").stdout

    def solve(self, names):
        done = self.run("apt-get", "-s", "install", "--no-install-recommends", *names)
        if done.returncode:
            return None
        return set(re.findall(r"^Inst (\S+) \((\S+)", done.stdout, re.M))


class Vzpkg:
    def __init__(self, command, work, uri, suite):
        self.command, self.work, self.uri, self.suite = command, work, uri, suite

    def run(self, names, *options):
        with open(f"{self.work}/request.recipe", "w") as f:
            f.write(f"""[template]
name = request
kind = os
summary = a request
arch = x86_64

[repository main]
type = deb
url = {self.uri}
suite = {self.suite}
components = main
key = {KEYRING}

[packages]
install = {' '.join(names)}
recommends = no
""")
        return subprocess.run([self.command, "--root", f"{self.work}/store", *options, "-q", "--json", "-n", "create", "template",
                               f"{self.work}/request.recipe"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def solve(self, names):
        done = self.run(names, "--offline")
        if done.returncode not in (0, 4):
            sys.exit(f"vzpkg: exit {done.returncode}: {done.stdout}{done.stderr}")
        if done.returncode:
            return None
        return {(p["name"], p["version"]) for p in json.loads(done.stdout)["packages"]}


def host_archive():
    """The base URI of the Debian archive in the host's apt configuration."""
    text = subprocess.run(["apt-get", "indextargets", "--format", "$(URI)", "Created-By: Packages"], stdout=subprocess.PIPE,
                          text=True).stdout
    for line in text.splitlines():
        base = line.split("/dists/")[0]
        if base.endswith("/debian"):
            return base
    sys.exit("the host's apt configuration names no Debian archive")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("-n", "--requests", type=int, default=200)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--suite", default="bookworm")
    ap.add_argument("--vzpkg", default=os.environ.get("VZPKG", "vzpkg"))
    ap.add_argument("--differences", default="resolve-differences.txt", help="file to write")
    ap.add_argument("--names", nargs="*", help="these instead of random ones")
    args = ap.parse_args()

    with tempfile.TemporaryDirectory(prefix="vz-resolve-") as work:
        os.mkdir(f"{work}/apt")
        uri = host_archive()
        apt, vzpkg = Apt(f"{work}/apt", uri, args.suite), Vzpkg(args.vzpkg, work, uri, args.suite)
        apt.update()
        packages = read_index(apt.index())
        always = sorted({f["Package"] for versions in packages.values() for f in versions.values()
                         if f.get("Essential") == "yes" or f.get("Priority") == "required"})
        names = args.names or random.Random(args.seed).sample(sorted(packages), args.requests)
        first = vzpkg.run(["dpkg"])
        if first.returncode:
            sys.exit(f"vzpkg: exit {first.returncode}: {first.stdout}{first.stderr}")
        same = differ = broken = refused = 0
        seconds = [0.0, 0.0]
        report = []
        for name in names:
            t0 = time.monotonic()
            theirs = apt.solve(always + [name])
            t1 = time.monotonic()
            ours = vzpkg.solve([name])
            seconds[0] += t1 - t0
            seconds[1] += time.monotonic() - t1
            refused += theirs is None and ours is None
            for line in open_ends(packages, ours) if ours else []:
                broken += 1
                report.append(f"{name}: NOT CLOSED: {line}")
            if ours == theirs:
                same += 1
                continue
            differ += 1
            report.append(f"{name}:")
            if ours is None or theirs is None:
                report.append(f"  only {'apt' if ours is None else 'vzpkg'} has a solution")
            else:
                report += explain(packages, ours, theirs)
        share = 100.0 * same / len(names)
        summary = (f"{len(names)} requests from {args.suite} main, seed {args.seed}: {same} equal ({share:.1f} %, {refused} of them "
                   f"refused by both), {differ} differ, {broken} open ends; apt {seconds[0]:.1f} s, vzpkg {seconds[1]:.1f} s")
        print(summary)
        with open(args.differences, "w") as f:
            f.write("\n".join([summary, ""] + report) + "\n")
        sys.exit(0 if share >= 95 and not broken else 1)


main()
