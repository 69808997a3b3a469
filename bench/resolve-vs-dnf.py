#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does vzpkg choose what dnf chooses?

Takes N requests at random from an rpm-md repository, one to four items each:
names, and some provided things, paths, versions, patterns and groups.  Lets
dnf (its Python module, an empty installroot) and vzpkg create template -n
resolve each, with and without weak dependencies, and compares the sets of
names, versions and architectures.  Checks each plan of vzpkg against the text
of the index, without any resolver: every dependency met, nothing that
conflicts or is obsolete.

Differences are written with what each side has alone.  Exit 1 if fewer than
95 % are equal, or a plan is not closed.
"""

import argparse
import gzip
import hashlib
import json
import logging
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import xml.etree.ElementTree as ET

import dnf
import dnf.exceptions

RPM = "{http://linux.duke.edu/metadata/rpm}"


def segments(text):
    return re.findall(r"[0-9]+|[a-zA-Z]+|~|\^", text)


def compare_part(a, b):
    """rpm's order of versions and of releases."""
    xs, ys = segments(a), segments(b)
    for i in range(max(len(xs), len(ys))):
        x, y = xs[i] if i < len(xs) else None, ys[i] if i < len(ys) else None
        if x == y:
            continue
        if "~" in (x, y):
            return -1 if x == "~" else 1
        if "^" in (x, y):       # newer than the end, older than anything else
            if x == "^":
                return 1 if y is None else -1
            return -1 if x is None else 1
        if x is None or y is None:
            return -1 if x is None else 1
        if x.isdigit() != y.isdigit():
            return 1 if x.isdigit() else -1
        if x.isdigit() and int(x) != int(y):
            return 1 if int(x) > int(y) else -1
        if not x.isdigit():
            return 1 if x > y else -1
    return 0


def split_evr(text):
    epoch, rest = text.split(":", 1) if ":" in text else ("0", text)
    version, dash, release = rest.partition("-")
    return int(epoch or 0), version, release if dash else None


def compare(a, b):
    """A release that one side leaves out is equal to any."""
    if a[0] != b[0]:
        return -1 if a[0] < b[0] else 1
    c = compare_part(a[1], b[1])
    return c if c or a[2] is None or b[2] is None else compare_part(a[2], b[2])


SIGNS = {"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}


def overlap(op, wanted, pop, have):
    """Is there a version that both relations hold for."""
    if not op or not pop:
        return True
    c = compare(have, wanted)
    if c == 0:
        return ("=" in op and "=" in pop) or ("<" in op and "<" in pop) or (">" in op and ">" in pop)
    return (">" in op if c > 0 else "<" in op) or (">" in pop if c < 0 else "<" in pop)


class Package:
    def __init__(self, element, ns):
        get = lambda tag: element.find(ns + tag)
        v = get("version")
        self.name, self.arch = get("name").text, get("arch").text
        self.evr = (int(v.get("epoch") or 0), v.get("ver"), v.get("rel"))
        self.version = (f"{self.evr[0]}:" if self.evr[0] else "") + f"{self.evr[1]}-{self.evr[2]}"
        self.digest = get("checksum").text
        self.files = {f.text for f in get("format").findall(ns + "file")}
        self.deps = {}
        for kind in ("provides", "requires", "conflicts", "obsoletes"):
            section = get("format").find(RPM + kind)
            self.deps[kind] = [self.relation(e) for e in section] if section is not None else []

    @staticmethod
    def relation(e):
        op = SIGNS.get(e.get("flags"))
        return (e.get("name"), op, (int(e.get("epoch") or 0), e.get("ver"), e.get("rel"))) if op else (e.get("name"), None, None)

    def provides(self, name, op, wanted):
        if name.startswith("/") and name in self.files:
            return True
        return any(n == name and overlap(op, wanted, pop, have) for n, pop, have in self.deps["provides"])


class Rich:
    """Evaluates (a if b) and the like over a set of packages."""

    def __init__(self, text, providers):
        self.tokens, self.providers = self.split(text), providers

    @staticmethod
    def split(text):
        """Parentheses that group, and words; those within a name belong to it."""
        tokens, word, depth = [], "", 0
        for c in text + " ":
            if c == "(" and not word:
                tokens.append("(")
            elif c == ")" and depth == 0:
                tokens += [word, ")"] if word else [")"]
                word = ""
            elif c == " ":
                tokens += [word] if word else []
                word = ""
            else:
                depth += (c == "(") - (c == ")")
                word += c
        return tokens

    def found(self):
        """The packages that meet it."""
        if self.tokens[0] != "(":
            name = self.tokens.pop(0)
            if self.tokens and self.tokens[0] in SIGNS.values():
                op = self.tokens.pop(0)
                return self.providers(name, op, split_evr(self.tokens.pop(0)))
            return self.providers(name, None, None)
        self.tokens.pop(0)
        left = self.found()
        while self.tokens[0] != ")":
            word, right, other = self.tokens.pop(0), self.found(), None
            if self.tokens[0] == "else":
                self.tokens.pop(0)
                other = self.found()
            left = self.join(word, left, right, other)
        self.tokens.pop(0)
        return left

    @staticmethod
    def join(word, left, right, other):
        yes = {None}            # met by nothing in particular
        if word == "or":
            return left | right
        if word == "and":
            return (left | right) if left and right else set()
        if word == "with":
            return left & right
        if word == "without":
            return left - right
        if word == "if":
            return left if right else yes if other is None else other
        if word == "unless":
            return left if not right else set() if other is None else other
        raise ValueError(word)


class Index:
    def __init__(self, url):
        get = lambda path: urllib.request.urlopen(f"{url}/{path}").read()
        unpack = {"gz": gzip.decompress, "xz": lzma.decompress, "st": self.zstd}
        data = {}
        for d in ET.fromstring(get("repodata/repomd.xml")):
            if d.get("type"):
                href = d.find("{*}location").get("href")
                data[d.get("type")] = (href, d.find("{*}checksum"))
        read = lambda kind: unpack.get(data[kind][0][-2:], bytes)(get(data[kind][0]))
        ns = "{http://linux.duke.edu/metadata/common}"
        self.packages = [Package(e, ns) for e in ET.fromstring(read("primary")).findall(ns + "package") if e.find(ns + "arch").text != "src"]
        by_digest = {p.digest: p for p in self.packages}
        for e in ET.fromstring(read("filelists")):
            if e.get("pkgid") in by_digest:
                by_digest[e.get("pkgid")].files |= {f.text for f in e.findall("{*}file")}
        self.by_id = {(p.name, p.version, p.arch): p for p in self.packages}
        kind = next((k for k in ("group", "group_gz", "group_zst", "group_xz") if k in data), None)
        self.groups = [g.find("id").text for g in ET.fromstring(read(kind)).findall("group")] if kind else []

    @staticmethod
    def zstd(data):
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout

    def open_ends(self, plan):
        """What is wrong with a set of packages, by the index alone."""
        chosen, wrong = [self.by_id[p] for p in plan], []
        offers = {}
        for p in chosen:
            for name in {n for n, _, _ in p.deps["provides"]} | p.files:
                offers.setdefault(name, []).append(p)
        providers = lambda name, op, wanted: {p for p in offers.get(name, []) if p.provides(name, op, wanted)}
        for p in chosen:
            for kind in ("requires", "conflicts", "obsoletes"):
                for name, op, wanted in p.deps[kind]:
                    if name.startswith("rpmlib("):
                        continue
                    met = Rich(name, providers).found() if name.startswith("(") else providers(name, op, wanted)
                    if kind == "obsoletes":
                        met = {q for q in met if q.name == name and overlap(op, wanted, "=", q.evr)}
                    if bool(met - {p}) == (kind != "requires") and not (kind == "requires" and met):
                        wrong.append(f"{p.name} {kind} {name} {op or ''} {wanted or ''}")
        names = [p.name for p in chosen]
        return wrong + [f"{n} is there twice" for n in set(names) if names.count(n) > 1]


class Dnf:
    def __init__(self, work, url):
        logging.getLogger("dnf").addHandler(logging.NullHandler())
        self.base = dnf.Base()
        conf = self.base.conf
        conf.installroot, conf.cachedir, conf.persistdir, conf.logdir = (f"{work}/{d}" for d in ("root", "cache", "persist", "log"))
        os.makedirs(conf.logdir)
        conf.reposdir, conf.plugins, conf.gpgcheck, conf.best = [], False, False, False
        conf.substitutions["releasever"] = "1"
        conf.module_platform_id = "platform:none"
        repo = dnf.repo.Repo("main", conf)
        repo.baseurl = [url]
        repo.gpgcheck = repo.repo_gpgcheck = False
        self.base.repos.add(repo)
        self.base.fill_sack()
        self.base.read_comps()

    def solve(self, items, weak):
        self.base.reset(goal=True)
        self.base._comps_trans = dnf.comps.TransactionBunch()
        self.base.conf.install_weak_deps = weak
        try:
            for item in items:
                if item.startswith("@"):
                    self.base.env_group_install([item[1:]], tuple(self.base.conf.group_package_types))
                else:
                    self.base.install(item)
            self.base.resolve()
        except dnf.exceptions.Error:
            return None
        return {(p.name, (f"{p.epoch}:" if p.epoch else "") + f"{p.version}-{p.release}", p.arch)
                for p in self.base.transaction.install_set}


class Vzpkg:
    def __init__(self, command, work, url, key):
        self.command, self.work, self.url, self.key = command, work, url, key

    def run(self, items, weak, *options):
        with open(f"{self.work}/request.recipe", "w") as f:
            f.write(f"[template]\nname = request\nkind = os\narch = x86_64\n[repository main]\ntype = rpm\nurl = {self.url}\n"
                    + (f"key = {self.key}\n" if self.key else "trust = unsigned\n")
                    + f"[packages]\ninstall = {' '.join(items)}\nrecommends = {'yes' if weak else 'no'}\n")
        return subprocess.run([self.command, "--root", f"{self.work}/store", *options, "-q", "--json", "-n", "create", "template",
                               f"{self.work}/request.recipe"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def solve(self, items, weak):
        done = self.run(items, weak, "--offline")
        if done.returncode == 7:        # the first that wants complete lists of files
            done = self.run(items, weak)
        if done.returncode not in (0, 4):
            sys.exit(f"vzpkg: exit {done.returncode}: {' '.join(items)}: {done.stdout}{done.stderr}")
        self.message = done.stdout.strip()
        if done.returncode:
            return None
        return {(p["name"], p["version"], p["arch"]) for p in json.loads(done.stdout)["packages"]}


def requests(index, count, seed):
    """Mostly names; some of everything else that can be asked for."""
    rng = random.Random(seed)
    packages = sorted(index.packages, key=lambda p: (p.name, p.version))
    for _ in range(count):
        items = []
        for _ in range(rng.choice((1, 1, 2, 3, 4))):
            p, form = rng.choice(packages), rng.random()
            provided = [n for n, _, _ in p.deps["provides"] if n != p.name and not n.startswith("rpmlib(")]
            if form < 0.70:
                items.append(p.name)
            elif form < 0.76:
                items.append(f"{p.name}-{p.evr[1][:max(1, len(p.evr[1]) - 2)]}*")
            elif form < 0.80:
                items.append(f"{p.name}-{p.version.replace(':', ':')}.{p.arch}")
            elif form < 0.86 and provided:
                items.append(rng.choice(provided))
            elif form < 0.92 and p.files:
                items.append(rng.choice(sorted(p.files)))
            elif form < 0.95 and index.groups:
                items.append("@" + rng.choice(index.groups))
            elif form < 0.98:
                items.append(f"{p.name[:max(4, len(p.name) - 2)]}*" if len(p.name) > 5 else p.name)
            else:
                items.append(f"{p.name}.{p.arch}")
        yield sorted(set(items))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("url", help="of the repository")
    ap.add_argument("--key", help="that it is signed with; without it, it is used unsigned")
    ap.add_argument("--what", default="the repository", help="its name in the report")
    ap.add_argument("-n", "--requests", type=int, default=100)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--vzpkg", default=os.environ.get("VZPKG", "vzpkg"))
    ap.add_argument("--differences", default="resolve-rpm-differences.txt", help="file to add to")
    ap.add_argument("--items", nargs="*", help="one request of these instead of random ones")
    args = ap.parse_args()

    with tempfile.TemporaryDirectory(prefix="vz-resolve-") as work:
        index, theirs_side = Index(args.url), Dnf(work, args.url)
        vzpkg = Vzpkg(args.vzpkg, work, args.url, args.key)
        first = vzpkg.run([index.packages[0].name], False)
        if first.returncode not in (0, 4):
            sys.exit(f"vzpkg: exit {first.returncode}: {first.stdout}{first.stderr}")
        same = differ = broken = refused = 0
        seconds = [0.0, 0.0]
        report = []
        for items in [args.items] if args.items else requests(index, args.requests, args.seed):
            for weak in (False, True):
                t0 = time.monotonic()
                theirs = theirs_side.solve(items, weak)
                t1 = time.monotonic()
                ours = vzpkg.solve(items, weak)
                seconds[0] += t1 - t0
                seconds[1] += time.monotonic() - t1
                what = f"{' '.join(items)}{' (with weak dependencies)' if weak else ''}:"
                for line in index.open_ends(ours) if ours else []:
                    broken += 1
                    report.append(f"{what} NOT CLOSED: {line}")
                if ours == theirs:
                    same += 1
                    refused += ours is None
                    continue
                differ += 1
                report.append(what)
                if ours is None or theirs is None:
                    report.append(f"  only {'dnf' if ours is None else 'vzpkg'} has a solution; vzpkg: {vzpkg.message[:300]}")
                else:
                    report += [f"  only {title}: {' '.join(p)}" for title, mine, other in (("vzpkg", ours, theirs), ("dnf", theirs, ours))
                               for p in sorted(mine - other)]
        total = same + differ
        share = 100.0 * same / total
        summary = (f"{args.what}, {len(index.packages)} packages, seed {args.seed}: {total} requests, {same} equal ({share:.1f} %, {refused} of "
                   f"them refused by both), {differ} differ, {broken} open ends; dnf {seconds[0]:.1f} s, vzpkg {seconds[1]:.1f} s")
        print(summary)
        with open(args.differences, "a") as f:
            f.write("\n".join([summary] + report) + "\n")
        sys.exit(0 if share >= 95 and not broken else 1)


main()
