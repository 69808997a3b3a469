#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What system calls on files do in an environment and on the host: posix.py INSIDE OUTSIDE.

INSIDE is a directory of an environment that came with its template, OUTSIDE a copy of it on the host's file system. Both have
the files a to z, the directory d with a file f, and `one` and `two`, which are one file. Each check does the same in both and tells what it saw;
what it saw has to be the same, or be what DIFFERS says, which are the differences that overlayfs has.
"""
import errno
import mmap
import os
import stat
import sys


def code(call, *args, **named):
    try:
        call(*args, **named)
        return 0
    except OSError as e:
        return errno.errorcode[e.errno]


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data, flags=os.O_WRONLY):
    fd = os.open(path, flags)
    os.write(fd, data)
    os.close(fd)


def rename(at):
    os.rename(at + "/a", at + "/a2")
    os.rename(at + "/b", at + "/c")
    os.rename(at + "/d", at + "/d2")
    os.mkdir(at + "/new")
    os.rename(at + "/new", at + "/new2")
    os.mkdir(at + "/full")
    write(at + "/full/x", b"x", os.O_WRONLY | os.O_CREAT)
    return [read(at + "/a2"), read(at + "/c"), read(at + "/d2/f"), os.path.lexists(at + "/a"), code(os.rename, at + "/d2", at + "/full"),
            code(os.rename, at + "/d2", at + "/d2/below"), code(os.rename, at + "/c", at + "/d2"), sorted(os.listdir(at + "/d2"))]


def link(at):
    before = os.stat(at + "/e").st_nlink
    os.link(at + "/e", at + "/e2")
    os.link(at + "/e2", at + "/e3")
    write(at + "/e3", b"written", os.O_WRONLY | os.O_TRUNC)
    seen = [before, os.stat(at + "/e").st_nlink, read(at + "/e"), os.path.samefile(at + "/e", at + "/e2")]
    os.unlink(at + "/e")
    return seen + [os.stat(at + "/e2").st_nlink, code(os.link, at + "/e2", at + "/e3"), code(os.link, at + "/d2", at + "/d3")]


def unlink(at):
    fd = os.open(at + "/g", os.O_RDWR)
    os.unlink(at + "/g")
    os.write(fd, b"after")
    seen = [os.path.lexists(at + "/g"), os.fstat(fd).st_nlink, os.pread(fd, 5, 0), code(os.unlink, at + "/g"), code(os.rmdir, at + "/d2")]
    os.close(fd)
    write(at + "/g", b"again", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    return seen + [read(at + "/g")]


def change_mode(at):
    os.chmod(at + "/h", 0o4751)
    os.chmod(at + "/d2", 0o2700)
    seen = [stat.S_IMODE(os.stat(at + "/h").st_mode), stat.S_IMODE(os.stat(at + "/d2").st_mode), read(at + "/h")]
    os.chown(at + "/h", 1234, 2345)
    st = os.stat(at + "/h")
    os.symlink("nowhere", at + "/l")
    os.lchown(at + "/l", 12, 13)
    return seen + [st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode), os.lstat(at + "/l").st_uid, os.readlink(at + "/l")]


def attributes(at):
    seen = [code(os.getxattr, at + "/i", "user.none"), code(os.setxattr, at + "/i", "user.x", b"one"),
            code(os.setxattr, at + "/i", "user.x", b"two", os.XATTR_CREATE), os.getxattr(at + "/i", "user.x"),
            code(os.setxattr, at + "/d2", "user.dir", b"y"), sorted(os.listxattr(at + "/i")), read(at + "/i")]
    os.removexattr(at + "/i", "user.x")
    return seen + [os.listxattr(at + "/i"), code(os.removexattr, at + "/i", "user.x")]


def memory(at):
    with open(at + "/j", "r+b") as f:
        m = mmap.mmap(f.fileno(), 0)
        m[0:4] = b"MMAP"
        m.flush()
        seen = [read(at + "/j")[:8]]
        os.pwrite(f.fileno(), b"PW", 4)
        seen.append(m[0:8])
        m.close()
    with open(at + "/k", "rb") as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
        seen.append(m[:4])
    with open(at + "/k", "rb") as f, mmap.mmap(f.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE) as m:
        m[0:1] = b"#"
        seen.append(read(at + "/k")[:4])
    return seen


def truncate(at):
    os.truncate(at + "/m", 3)
    os.truncate(at + "/n", 100)
    seen = [read(at + "/m"), read(at + "/n")]
    os.truncate(at + "/m", 0)
    write(at + "/o", b"tail", os.O_WRONLY | os.O_APPEND)
    return seen + [os.stat(at + "/m").st_size, read(at + "/o"), code(os.truncate, at + "/d2", 0)]


def unnamed(at):
    fd = os.open(at, os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(fd, b"unnamed")
    seen = [os.fstat(fd).st_nlink]
    os.link(f"/proc/self/fd/{fd}", at + "/named", src_dir_fd=fd, follow_symlinks=True)
    seen += [os.fstat(fd).st_nlink, read(at + "/named"), stat.S_IMODE(os.stat(at + "/named").st_mode)]
    os.close(fd)
    return seen


def sparse(at):
    fd = os.open(at + "/sparse", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, b"end", 1 << 24)
    st = os.fstat(fd)
    seen = [st.st_size, st.st_blocks < 1024, os.pread(fd, 4, 4096), os.lseek(fd, 0, os.SEEK_DATA) > 0, os.lseek(fd, 0, os.SEEK_HOLE)]
    os.close(fd)
    fd = os.open(at + "/p", os.O_RDWR)
    os.pwrite(fd, b"far", 1 << 20)
    seen += [os.fstat(fd).st_size, os.fstat(fd).st_blocks < 1024, os.pread(fd, 4, 0)]
    os.close(fd)
    return seen


def numbers(at):
    """Of a file that was the tenant's before, through whatever is done to it; of a directory; of one of the template's."""
    write(at + "/own", b"x", os.O_WRONLY | os.O_CREAT)
    first, d = os.stat(at + "/own").st_ino, os.stat(at + "/d2").st_ino
    write(at + "/own", b"more", os.O_WRONLY | os.O_APPEND)
    os.chmod(at + "/own", 0o600)
    os.rename(at + "/own", at + "/own2")
    write(at + "/d2/more", b"x", os.O_WRONLY | os.O_CREAT)
    entry = next(e for e in os.scandir(at) if e.name == "own2")
    return [os.stat(at + "/own2").st_ino == first, entry.inode() == first, os.stat(at + "/d2").st_ino == d]


def listing(at):
    """While names come and go: each that stays the whole time is seen once."""
    os.mkdir(at + "/many")
    for i in range(2000):
        write(f"{at}/many/{i}", b"", os.O_WRONLY | os.O_CREAT)
    seen = []
    with os.scandir(at + "/many") as entries:
        for n, e in enumerate(entries):
            seen.append(e.name)
            if int(e.name) % 2 and os.path.lexists(f"{at}/many/{e.name}"):
                os.unlink(f"{at}/many/{e.name}")
            if n < 100:
                write(f"{at}/many/{n + 5000}", b"", os.O_WRONLY | os.O_CREAT)
    for n in os.listdir(at + "/many"):
        if int(n) % 2 and int(n) < 2000:
            os.unlink(f"{at}/many/{n}")
    stays = [int(s) for s in seen if int(s) < 2000 and not int(s) % 2]
    gone = []
    for where in os.scandir(at):
        if where.name in "qrstuvwxyz":
            os.unlink(where.path)
            gone.append(where.name)
    return [sorted(stays) == list(range(0, 2000, 2)), sum(int(n) < 2000 for n in os.listdir(at + "/many")), sorted(gone)]


def hard_links(at):
    """Of the template, when one of them is written to."""
    seen = [os.stat(at + "/one").st_nlink, os.path.samefile(at + "/one", at + "/two")]
    write(at + "/one", b"changed", os.O_WRONLY | os.O_TRUNC)
    return seen + [read(at + "/one"), read(at + "/two") == b"changed"]


def opened_before(at):
    """Who has a file of the template open, or mapped, when somebody writes to it."""
    fd = os.open(at + "/f", os.O_RDONLY)
    ino = os.fstat(fd).st_ino
    with mmap.mmap(fd, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ) as m:
        before = m[:3]
        write(at + "/f", b"NEW")
        seen = [before, os.pread(fd, 3, 0), os.stat(at + "/f").st_ino == ino, read(at + "/f")[:3], m[:3] == b"NEW"]
    os.close(fd)
    return seen


CHECKS = [rename, link, unlink, change_mode, attributes, memory, truncate, unnamed, sparse, numbers, hard_links, opened_before, listing]
# in doc/vzpkg.8, DIFFERENCES
DIFFERS = {hard_links: [2, True, b"changed", False], opened_before: [b"the", b"NEW", True, b"NEW", False]}


def main(inside, outside):
    bad = 0
    for check in CHECKS:
        there, here = check(inside), check(outside)
        wanted = DIFFERS.get(check, here)
        print(f"{check.__name__}: {'ok' if there == wanted else 'BAD'}")
        if there != wanted:
            print(f"  inside  {there}\n  outside {here}")
            bad += 1
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))
