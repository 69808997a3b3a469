#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of moves and private changes in environments, checked against a model after each step.

    sequences.py FAMILY ROOT PACKAGES STATE WORLD FIRST COUNT SEED

ROOT is a store with the template "os"; PACKAGES has files that only a tenant installs. WORLD is the version that the
repositories have: 1 makes the environments and begins, 2 goes on with what STATE, a file, says of them. A sequence depends on
SEED and its number only; VZPKG is the command.

What there is: `core` belongs to the template; `app` and `tool` need `lib`; `daemon` has a user. A file of a package says which
package, version and file it is of, so the package database tells what each has to hold, but for what the tenant changed.
"""
import hashlib
import json
import os
import pickle
import random
import shutil
import stat
import subprocess
import sys

from installed import CONFIG, TOP, Deb, Failure, Rpm, files_of, files_of_all, want

MERGED = ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"]


# ---- the picture of a state ----

def picture(upper):
    """All that is in a private area, of every entry all that can be seen of it."""
    seen = {}
    for where, dirs, names in os.walk(upper):
        for name in dirs + names:
            path = os.path.join(where, name)
            st = os.lstat(path)
            entry = [st.st_mode, st.st_uid, st.st_gid, st.st_rdev]
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    entry += [st.st_size, st.st_mtime_ns, hashlib.sha256(f.read()).hexdigest()]
            elif stat.S_ISLNK(st.st_mode):
                entry.append(os.readlink(path))
            entry += sorted((x, os.getxattr(path, x, follow_symlinks=False)) for x in os.listxattr(path, follow_symlinks=False)
                            if x not in ("trusted.overlay.impure", "trusted.overlay.origin", "trusted.overlay.uuid"))
            seen[os.path.relpath(path, upper)] = entry
    return seen


def differences(a, b):
    return sorted(path for path in a.keys() | b.keys() if a.get(path) != b.get(path))


# ---- one environment and its model ----

class Sequence:
    def __init__(self, test, number):
        self.test, self.number, self.name = test, number, f"s{number}"
        self.random = random.Random(f"{test.seed}-{number}")
        self.requested, self.release = set(), 1
        self.generation, self.newest = 1, 1
        self.came_from, self.kept = {1: 0}, {}       # generations; state when they were left
        self.mounted = self.random.random() < 0.6
        self.edits = 0
        self.touched = []                            # (number of the edit, paths)
        self.texts, self.gone, self.modes = {}, set(), {}
        self.over = set()                            # directories that were replaced or renamed
        self.renamed = set()                         # what is hidden since: overlayfs shows a directory once
        self.users = {}                              # name -> its lines
        self.own = {}                                # tool, mine: version the tenant installed; None: removed
        self.said = []

    # -- running things --

    def vz(self, *words, code=0):
        self.said.append("vzpkg " + " ".join(words))
        done = subprocess.run([self.test.vzpkg, "--root", self.test.root, "--no-progress", "--json", *words],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        want(done.returncode == code, f"'vzpkg {' '.join(words)}' ended with {done.returncode}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else {}

    def mount(self):
        if not os.path.ismount(self.top()):
            self.vz("mount", self.name)

    def umount(self):
        if not self.mounted and os.path.ismount(self.top()):
            self.vz("umount", self.name)

    def top(self):
        return f"{self.test.root}/envs/{self.name}/root"

    def inside(self, *argv):
        self.said.append("inside: " + " ".join(argv))
        done = subprocess.run(["chroot", self.top(), *argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"})
        want(done.returncode == 0, f"{argv} ended with {done.returncode}: {done.stdout} {done.stderr}")
        return done.stdout

    def path(self, name):
        return f"{self.top()}/{name}"

    # -- what there has to be --

    def composed(self):
        names = {"core"} | self.requested
        return names | {"lib"} if names & {"app", "tool"} else names

    def check(self):
        self.mount()
        ours, others = self.test.family.installed(self.top())
        if self.test.others is None:
            self.test.others = others
        want(others == self.test.others, "other packages changed:", others ^ self.test.others)
        names = self.composed()
        for name, version in self.own.items():
            names = names | {name} if version else names - {name}
            want(not version or ours.get(name) == version, f"'{name}' is {ours.get(name)}, the tenant installed {version}")
        want(set(ours) == names, f"installed are {sorted(ours)}, wanted {sorted(names)}")
        self.check_files(ours)
        self.check_users("daemon" in ours)
        self.umount()
        return ours

    def expected(self, ours):
        files = {}
        for name, version in ours.items():
            files.update(files_of(name, version))
        for path in self.gone:
            files.pop(path, None)
        files.update(self.texts)
        return files

    def check_files(self, ours):
        files, seen = self.expected(ours), {}
        for top in (TOP, "etc/vz"):
            for where, _, names in os.walk(self.path(top)):
                for name in names:
                    path = os.path.relpath(os.path.join(where, name), self.top())
                    if not name.endswith(".vzpkg-new"):
                        with open(self.path(path), encoding="utf-8") as f:
                            seen[path] = f.read()
        for path in sorted(files.keys() | seen.keys()):
            want(files.get(path) == seen.get(path), f"'{path}' is {seen.get(path)!r}, not {files.get(path)!r}")
            if path in self.modes:
                mode = stat.S_IMODE(os.lstat(self.path(path)).st_mode)
                want(mode == self.modes[path], f"'{path}' has mode {mode:o}, not {self.modes[path]:o}")

    def check_users(self, daemon):
        files = {}
        for path in MERGED:
            with open(self.path(path), encoding="utf-8") as f:
                files[path] = f.read().splitlines()
            names = [line.split(":")[0] for line in files[path]]
            want(len(names) == len(set(names)), f"'{path}' has a name twice: {names}")
        ids = [line.split(":")[2] for line in files["etc/passwd"]]
        want(len(ids) == len(set(ids)), "two users have one id:", files["etc/passwd"])
        for name, (lines, uid) in self.users.items():
            for path, line in lines.items():
                want(line in files[path], f"'{path}' has no '{line}'")
            want(os.lstat(self.path(f"srv/{name}")).st_uid == uid, f"the file of '{name}' is another one's")
        want(not daemon or any(line.startswith("vzd:") for line in files["etc/passwd"]), "the user of 'daemon' is not there")

    # -- moves --

    def state(self):
        with open(f"{self.test.root}/envs/{self.name}/env.json", encoding="utf-8") as f:
            record = json.load(f)
        return {
            "picture": picture(f"{self.test.root}/envs/{self.name}/upper"), "image": record["image"], "edits": self.edits,
            "requested": set(self.requested), "release": self.release, "own": dict(self.own), "gone": set(self.gone),
            "modes": dict(self.modes),
        }

    def forget_what_went(self, ours):
        """What the tenant did to a file of a package is over when the file is the composition's no more."""
        have = set()
        for name, version in ours.items():
            have |= files_of(name, version).keys()
        self.gone &= have | self.renamed
        self.modes = {p: m for p, m in self.modes.items() if p in have}
        if self.own.get("tool", "") is None and "tool" not in self.requested:
            del self.own["tool"]

    def move(self, *words, requested=None, release=None):
        before = self.state()
        self.requested = self.requested if requested is None else requested
        self.release = release or self.release
        if self.random.random() < 0.15:
            self.vz("-n", *words)
            changed = differences(before["picture"], picture(f"{self.test.root}/envs/{self.name}/upper"))
            want(not changed, "a dry run changed", changed)
        told = self.vz(*words)
        if told["generation"] != self.generation:
            self.kept[self.generation] = before
            self.newest += 1
            want(told["generation"] == self.newest, f"generation {told['generation']}, not {self.newest}")
            self.came_from[self.newest] = self.generation
            self.generation = self.newest
        return told

    def settle(self, newest=False):
        """After a move forward: the model follows, then all is looked at."""
        if self.own.get("tool", "") is None and "tool" not in self.requested:
            del self.own["tool"]
        self.mount()
        ours, _ = self.test.family.installed(self.top())
        self.forget_what_went(ours)
        ours = self.check()
        for name, version in ours.items():
            if newest and name not in self.own:
                want(version == str(self.test.world), f"'{name}' is {version} after an update to {self.test.world}")
        return ours

    def install(self):
        free = sorted({"app", "tool", "daemon", "lib"} - self.requested)
        if not free:
            return self.update()
        names = self.random.sample(free, min(len(free), self.random.choice([1, 1, 2])))
        self.move("install", self.name, *[w for n in names for w in ("-p", n)], requested=self.requested | set(names))
        return self.settle()

    def remove(self):
        if not self.requested:
            return self.install()
        name = self.random.choice(sorted(self.requested))
        self.move("remove", self.name, "-p", name, requested=self.requested - {name})
        return self.settle()

    def update(self):
        self.move("update", self.name, release=self.test.world)
        return self.settle(newest=True)

    def upgrade(self):
        release = self.random.randint(1, self.test.world)
        self.move("upgrade", self.name, f"os@{release}", release=release)
        ours = self.settle()
        want(ours["core"] == str(self.release), f"'core' is {ours['core']} on os@{self.release}")
        return ours

    def ancestors(self):
        found, at = [], self.came_from[self.generation]
        while at and at not in found:
            found.append(at)
            at = self.came_from[at]
        return found

    def rollback(self):
        others = [g for g in self.came_from if g != self.generation]
        back = self.ancestors()
        if not others:
            return self.install()
        target = self.random.choice(back if back and self.random.random() < 0.75 else others)
        left, now = self.kept[target], self.state()
        self.vz("--offline", "rollback", self.name, str(target))
        self.kept[self.generation] = now
        self.requested, self.release = set(left["requested"]), left["release"]
        if target in back:
            self.taken_back(left)
        else:
            self.came_from[target] = self.generation
            self.maybe_back(left)
        self.generation = target
        return self.check()

    def taken_back(self, left):
        """Everything is as it was, but for what was changed since."""
        is_now = self.state()
        want(is_now["image"] == left["image"], "another image")
        changed = differences(left["picture"], is_now["picture"])
        since = {path for number, paths in self.touched if number > left["edits"] for path in paths}
        for path in changed:
            want(any(path == s or path.startswith(s + "/") or s.startswith(path + "/") for s in since),
                 f"'{path}' was {left['picture'].get(path)}, and is {is_now['picture'].get(path)}; changed since: {sorted(since)}")
        if self.edits == left["edits"]:
            want(not changed, "differs:", changed)
            self.own, self.gone, self.modes = dict(left["own"]), left["gone"] | self.renamed, dict(left["modes"])
            self.test.exact += 1
        else:
            self.maybe_back(left)

    def maybe_back(self, left):
        """What was forgotten since may be there again: both are right, as long as the package database agrees."""
        self.mount()
        ours, _ = self.test.family.installed(self.top())
        if "tool" in self.requested and self.own.get("tool", "") in ("", None):
            self.own.pop("tool", None)
            if "tool" not in ours:
                self.own["tool"] = None
        for path in ((left["gone"] | self.gone) & files_of_all(ours)) - self.renamed:
            if os.path.lexists(self.path(path)):
                self.gone.discard(path)
            else:
                self.gone.add(path)
        for path in (left["modes"].keys() | self.modes.keys()) & files_of_all(ours):
            if os.path.lexists(self.path(path)):
                self.modes[path] = stat.S_IMODE(os.lstat(self.path(path)).st_mode)
        self.forget_what_went(ours)
        self.umount()

    # -- what a tenant does --

    def edit(self):
        self.mount()
        ours, _ = self.test.family.installed(self.top())
        one = self.random.choice([self.user, self.config, self.content, self.delete, self.mode, self.private, self.replace,
                                  self.touch, self.own_package, self.own_package, self.rename])
        self.edits += 1
        paths = one(ours)
        self.touched.append((self.edits, [p.rstrip("/") for p in paths]))
        return self.check()

    def pick(self, ours, names=("a", "b", "dir/c")):
        """A file of a package that is as the package brought it, and its package."""
        free = [(n, f"{TOP}{n}/{p}") for n in sorted(ours) if n not in ("tool", "mine") for p in names]
        free = [(n, p) for n, p in free if p not in self.gone and p not in self.texts and p not in self.modes and
                os.path.dirname(p) not in self.over]
        return self.random.choice(free) if free else (None, None)

    def user(self, ours):
        del ours
        name = f"t{self.edits}"
        self.inside("useradd", "-M", name)
        with open(self.path(f"srv/{name}"), "w", encoding="utf-8") as f:
            f.write(name)
        lines = {}
        for path in MERGED:
            with open(self.path(path), encoding="utf-8") as f:
                lines[path] = next(line for line in f.read().splitlines() if line.startswith(name + ":"))
        uid = int(lines["etc/passwd"].split(":")[2])
        os.chown(self.path(f"srv/{name}"), uid, 0)
        self.users[name] = (lines, uid)
        return ["etc", f"srv/{name}", "srv", "var/log"]

    def write(self, path, text):
        self.said.append(f"writes {path}")
        with open(self.path(path), "w", encoding="utf-8") as f:
            f.write(text)
        self.texts[path] = text

    def config(self, ours):
        path = CONFIG[self.random.choice(sorted(CONFIG.keys() & ours.keys()))]
        self.write(path, f"the tenant's {self.edits}\n")
        return [path, path + ".vzpkg-new"]

    def content(self, ours):
        _, path = self.pick(ours)
        if path:
            self.write(path, f"the tenant's {self.edits}\n")
        return [path] if path else []

    def delete(self, ours):
        _, path = self.pick(ours)
        if path:
            self.said.append(f"removes {path}")
            os.unlink(self.path(path))
            self.gone.add(path)
        return [path] if path else []

    def mode(self, ours):
        _, path = self.pick(ours)
        if path:
            self.said.append(f"chmod {path}")
            os.chmod(self.path(path), 0o600)
            self.modes[path] = 0o600
        return [path] if path else []

    def touch(self, ours):
        _, path = self.pick(ours)
        if path:
            self.said.append(f"touches {path}")
            os.utime(self.path(path))
        return [path] if path else []

    def private(self, ours):
        name = self.random.choice(sorted(n for n in ours if n not in ("tool", "mine")))
        path = f"{TOP}{name}/own{self.edits}"
        self.write(path, f"own {self.edits}\n")
        return [path]

    def free_directory(self, ours):
        free = [f"{TOP}{n}/dir" for n in sorted(ours) if n not in ("tool", "mine")]
        free = [d for d in free if d not in self.over and not {d + "/c"} & (self.gone | self.texts.keys() | self.modes.keys())]
        return self.random.choice(free) if free else None

    def replace(self, ours):
        top = self.free_directory(ours)
        if not top:
            return []
        self.said.append(f"replaces {top}")
        shutil.rmtree(self.path(top))
        os.mkdir(self.path(top))
        with open(self.path(top + "/own"), "w", encoding="utf-8") as f:
            f.write("replaced\n")
        self.over.add(top)
        self.gone.add(top + "/c")
        self.texts[top + "/own"] = "replaced\n"
        return [top]

    def rename(self, ours):
        """A directory: what was in it keeps the version that it has, and no other comes to its old place."""
        top = self.free_directory(ours)
        if not top:
            return []
        new = f"{TOP}moved{self.edits}"
        self.said.append(f"renames {top} to {new}")
        try:
            os.rename(self.path(top), self.path(new))
        except OSError as e:
            want(e.errno == 18, e)
            return []
        self.over.add(top)
        self.renamed.add(top + "/c")
        self.gone.add(top + "/c")
        self.texts[f"{new}/c"] = files_of(top.split("/")[3], ours[top.split("/")[3]])[f"{top}/c"]
        return [top, new]

    def own_package(self, ours):
        """The family's own tool, run inside."""
        done = []
        if "mine" not in self.own:
            done.append(("mine", "1"))
        if "tool" in ours and self.own.get("tool", "") == "":
            done += [("tool", "9"), ("tool", None)]
        if not done:
            return self.private(ours)
        name, version = self.random.choice(done)
        if version:
            argv, pattern, place = self.test.family.install(name, version)
            shutil.copyfile(self.test.package(pattern), self.path(place))
            self.inside(*argv)
            os.unlink(self.path(place))
        else:
            self.inside(*self.test.family.remove(name))
        self.own[name] = version
        return [f"{TOP}{name}", "root", "etc", *self.test.family.database]

    # -- the whole --

    def begin(self):
        self.requested = set(self.random.sample(["app", "tool", "daemon"], self.random.randint(0, 2)))
        self.vz("create", "env", self.name, "os", *[w for n in sorted(self.requested) for w in ("--package", n)])
        self.check()

    def steps(self, n):
        ways = [self.install, self.remove, self.update, self.upgrade, self.rollback, self.rollback, self.edit, self.edit, self.edit]
        for _ in range(n):
            way = self.random.choice(ways)
            self.said.append(f"- {way.__name__}")
            way()
            self.test.n_steps += 1

    def leave(self, last):
        if os.path.ismount(self.top()):
            self.vz("umount", self.name)
        if last:
            self.vz("remove", "env", self.name)


class Test:
    def __init__(self, argv):
        family, self.root, self.packages, self.file, world, first, count, self.seed = argv
        self.family = {"deb": Deb, "rpm": Rpm}[family]()
        self.vzpkg, self.world = os.environ["VZPKG"], int(world)
        self.numbers = range(int(first), int(first) + int(count))
        self.others, self.n_steps, self.exact = None, 0, 0

    def package(self, pattern):
        import glob
        return glob.glob(f"{self.packages}/{pattern}", recursive=True)[0]

    def run(self):
        known = {}
        if self.world > 1:
            with open(self.file, "rb") as f:
                known, self.others, self.n_steps, self.exact = pickle.load(f)
        for i in self.numbers:
            one = known.get(i) or Sequence(self, i)
            one.test = self
            try:
                if self.world == 1:
                    one.begin()
                one.steps(one.random.randint(1, 3) if self.world == 1 else one.random.randint(2, 4))
                one.leave(self.world > 1)
            except (Failure, OSError, KeyError) as e:
                print(f"seed {self.seed}, sequence {i}, in world {self.world}: {type(e).__name__} {e}\n  " + "\n  ".join(one.said))
                private = picture(f"{self.root}/envs/{one.name}/upper")
                print("private:\n  " + "\n  ".join(f"{p} {private[p]}" for p in sorted(private) if "/vz/" in p + "/"))
                return 1
            one.test = None
            known[i] = one
        with open(self.file, "wb") as f:
            pickle.dump((known, self.others, self.n_steps, self.exact), f)
        print(f"{len(self.numbers)} sequences, {self.n_steps} steps, {self.exact} went back to the byte")
        return 0


sys.exit(Test(sys.argv[1:]).run())
