#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large rpm-md repository with the dependencies of real software.

Reads a Debian Packages file on stdin and writes DIR/repodata for a part of it:
packages picked at random with all that they need, recommend or suggest, until
there are COUNT.  No package files: it is for resolvers only.

Alternatives become (a or b), Breaks with Replaces becomes Obsoletes, other
Breaks become Conflicts.  What Debian has no word for is added to some, chosen
by a hash of their names: files that are needed by path, in the primary list or
only in the complete one; older versions; (a if b); Supplements; two groups.
"""

import argparse
import gzip
import hashlib
import os
import random
import re
import sys
import zlib
from xml.sax.saxutils import quoteattr

OPS = {">=": ("GE", ">="), "<=": ("LE", "<="), "=": ("EQ", "="), ">>": ("GE", ">="), "<<": ("LT", "<")}


def chance(text, percent):
    return zlib.crc32(text.encode()) % 100 < percent


def evr(version):
    epoch, rest = version.split(":", 1) if ":" in version else ("0", version)
    upstream, revision = rest.rsplit("-", 1) if "-" in rest else (rest, "1")
    return epoch, upstream.replace("-", "."), revision


def evr_text(version):
    """In a relation, which has a release only if Debian's has a revision."""
    epoch, upstream, revision = evr(version)
    return (f"{epoch}:" if epoch != "0" else "") + upstream + (f"-{revision}" if "-" in version else "")


def relations(text):
    """Groups of alternatives (name, op, version)."""
    groups = []
    for group in text.replace("\n", " ").split(","):
        found = [re.match(r"\s*([^\s:(]+)(?::\S+)?\s*(?:\(\s*([<>=]+)\s*([^)\s]+)\s*\))?", a).groups()
                 for a in group.split("|") if a.strip()]
        if found:
            groups.append(found)
    return groups


def entry(name, op=None, version=None, pre=False):
    text = f"<rpm:entry name={quoteattr(name)}"
    if op:
        epoch, upstream, revision = evr(version)
        text += f' flags="{OPS[op][0]}" epoch="{epoch}" ver="{upstream}"' + (f' rel="{revision}"' if "-" in version else "")
    return text + (' pre="1"/>' if pre else "/>")


def word(alternative):
    name, op, version = alternative
    return f"{name} {OPS[op][1]} {evr_text(version)}" if op else name


class Writer:
    def __init__(self, packages):
        self.packages = packages

    def need(self, user, group, pre):
        first = group[0]
        if len(group) > 1:
            return entry("(" + " or ".join(word(a) for a in group) + ")", pre=pre)
        if not first[1] and first[0] in self.packages:
            if chance(f"{first[0]} bin", 4):
                return entry(f"/usr/bin/{first[0]}", pre=pre)
            if chance(f"{user} {first[0]} share", 1):
                return entry(f"/usr/share/{first[0]}/data", pre=pre)
        return entry(*first, pre=pre)

    def sections(self, p):
        name = p["Package"]
        get = lambda field: relations(p.get(field, ""))
        replaces = {a[0][0]: a[0] for a in get("Replaces") if a[0][1] == "<<"}
        epoch, upstream, revision = evr(p["Version"])
        itself = f'<rpm:entry name="{name}" flags="EQ" epoch="{epoch}" ver="{upstream}" rel="{revision}"/>'
        yield "provides", [itself] + [entry(*a[0]) for a in get("Provides")]
        needs = [self.need(name, g, True) for g in get("Pre-Depends")] + [self.need(name, g, False) for g in get("Depends")]
        weak = [self.need(name, g, False) for g in get("Recommends")]
        for group in get("Suggests"):
            if chance(name + group[0][0], 3):
                weak.append(entry(f"({group[0][0]} if {name})"))
            elif chance(name + group[0][0], 6) and group[0][0] in self.packages and "lib" in group[0][0]:
                needs.append(entry(f"({group[0][0]} if python3)"))
        yield "requires", sorted(set(needs))
        yield "recommends", weak
        yield "suggests", [self.need(name, g, False) for g in get("Suggests")]
        enhances = get("Enhances")
        yield "supplements", [entry(*a) for g in enhances for a in g if chance(name, 30)]
        yield "enhances", [entry(*a) for g in enhances for a in g if not chance(name, 30)]
        conflicts = [g[0] for g in get("Conflicts")] + [g[0] for g in get("Breaks") if g[0][0] not in replaces]
        yield "conflicts", [entry(*c) for c in conflicts]
        yield "obsoletes", [entry(*replaces[g[0][0]]) for g in get("Breaks") if g[0][0] in replaces and g[0][0] != name]

    def package(self, p, version=None):
        name, arch = p["Package"], "noarch" if p["Architecture"] == "all" else "x86_64"
        p = dict(p, Version=version) if version else p
        epoch, upstream, revision = evr(p["Version"])
        digest = hashlib.sha256(f"{name} {p['Version']}".encode()).hexdigest()
        head = f'<version epoch="{epoch}" ver="{upstream}" rel="{revision}"/>'
        file_bin, file_share = f"/usr/bin/{name}", f"/usr/share/{name}/data"
        deps = "".join(f"<rpm:{tag}>{''.join(entries)}</rpm:{tag}>" for tag, entries in self.sections(p) if entries)
        primary = (f'<package type="rpm"><name>{name}</name><arch>{arch}</arch>{head}'
                   f'<checksum type="sha256" pkgid="YES">{digest}</checksum><summary>x</summary><description>x</description>'
                   f'<time file="1" build="1"/><size package="{p["Size"]}" installed="1" archive="1"/>'
                   f'<location href="Packages/{name}-{upstream}-{revision}.{arch}.rpm"/><format>{deps}<file>{file_bin}</file>'
                   "</format></package>\n")
        lists = (f'<package pkgid="{digest}" name="{name}" arch="{arch}">{head}<file>{file_bin}</file>'
                 f"<file>{file_share}</file></package>\n")
        return primary, lists


def pick(packages, count, seed):
    """Random packages, and what they mention, until there are enough; then what these need."""
    order = random.Random(seed).sample(sorted(packages), len(packages))
    providers = {}
    for name in sorted(packages):
        for group in relations(packages[name].get("Provides", "")):
            providers.setdefault(group[0][0], []).append(name)
    chosen, todo = {}, []
    while todo or (order and len(chosen) < count):
        name = todo.pop() if todo else order.pop()
        if name not in packages:
            todo += [p for p in providers.get(name, [])[:2] if p not in chosen]
            continue
        if name in chosen:
            continue
        p = chosen[name] = packages[name]
        for field in ("Pre-Depends", "Depends", "Recommends"):
            if field != "Recommends" or len(chosen) < count:
                todo += [a[0] for g in relations(p.get(field, "")) for a in g if a[0] not in chosen]
    return chosen


def put(directory, kind, text):
    data = text.encode()
    packed = gzip.compress(data, 6, mtime=0)
    with open(f"{directory}/{kind}.xml.gz", "wb") as f:
        f.write(packed)
    sums = [hashlib.sha256(d).hexdigest() for d in (packed, data)]
    return (f'<data type="{kind}"><checksum type="sha256">{sums[0]}</checksum><open-checksum type="sha256">{sums[1]}</open-checksum>'
            f'<location href="repodata/{kind}.xml.gz"/><timestamp>1</timestamp><size>{len(packed)}</size>'
            f"<open-size>{len(data)}</open-size></data>\n")


def comps(names):
    text = '<?xml version="1.0"?>\n<comps>\n'
    for number in range(2):
        members = random.Random(number).sample(names, 12)
        kinds = ["mandatory"] * 4 + ["default"] * 3 + ["optional"] * 2 + ["conditional"] * 3
        text += f"<group><id>group{number}</id><name>Group {number}</name><packagelist>"
        for name, kind in zip(members, kinds):
            when = f' requires="{members[0]}"' if kind == "conditional" else ""
            text += f'<packagereq type="{kind}"{when}>{name}</packagereq>'
        text += "<packagereq type=\"mandatory\">absent-on-this-architecture</packagereq></packagelist></group>\n"
    return text + "</comps>\n"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("directory")
    ap.add_argument("--count", type=int, default=6000)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    packages = {}
    for stanza in sys.stdin.read().split("\n\n"):
        fields = {}
        for line in re.split(r"\n(?![ \t])", stanza):
            name, colon, value = line.partition(":")
            if colon:
                fields[name] = value.strip()
        if "Package" in fields:
            packages[fields["Package"]] = fields
    chosen = pick(packages, args.count, args.seed)
    writer = Writer(chosen)
    primary, lists, count = "", "", 0
    for name in sorted(chosen):
        for version in [None] + ([re.sub(r"(-[^-]*)?$", r"~old\1", chosen[name]["Version"], count=1)] if chance(name + " old", 8) else []):
            one = writer.package(chosen[name], version)
            primary, lists, count = primary + one[0], lists + one[1], count + 1
    repodata = f"{args.directory}/repodata"
    os.makedirs(repodata, exist_ok=True)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    data = put(repodata, "primary", f'{head}<metadata xmlns="http://linux.duke.edu/metadata/common" '
               f'xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="{count}">\n{primary}</metadata>\n')
    data += put(repodata, "filelists", f'{head}<filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="{count}">\n'
                f"{lists}</filelists>\n")
    data += put(repodata, "group", comps(sorted(chosen)))
    with open(f"{repodata}/repomd.xml", "w") as f:
        f.write(f'{head}<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">\n'
                f"<revision>1</revision>\n{data}</repomd>\n")
    print(count)


main()
