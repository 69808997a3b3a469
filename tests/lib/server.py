#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP server on loopback for tests and benchmarks, with faults on demand.

    server.py [--port-file F] [--fault-file F] [--log F] DIR

Serves DIR on a free port of 127.0.0.1 and prints the address. HTTP/1.1 with
keep-alive, ranges, If-Modified-Since. A file may be named with the query it is
asked for with. Ends when its parent does, or when its standard input is a pipe
that is closed.

The fault file is read again for each request. A line is "PREFIX FAULT
[ARGUMENT] [times K]"; the first whose PREFIX begins the path counts, `times K`
only for the first K requests of it:

    cut-after N        close after N bytes of the body
    drip N             N bytes a second
    wrong-length N     says Content-Length: N, sends all, closes
    no-length          says no length, closes at the end
    wrong-range N      a range begins N bytes after where it was asked for
    ignore-range       sends all when asked for a range
    no-range           416 when asked for a range
    endless            a body without end
    redirect-loop      to itself
    redirect-to URL    URL, or with a trailing "+" URL and the path
    status N           an error with that status and a short body
    retry-after N      503 with Retry-After: N
    corrupt            flips a bit of the first byte
    slow-start S       S seconds before the answer
    reset              closes without an answer

The log gets a line a request: "CLIENT-PORT STATUS PATH RANGE", RANGE "-" if none was asked for.
"""
import argparse
import ctypes
import email.utils
import os
import signal
import socket
import stat
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

counts = {}
lock = threading.Lock()
options = None


def fault_of(path):
    """(fault, argument) for the path, or (None, None)."""
    if not options.fault_file or not os.path.exists(options.fault_file):
        return None, None
    with open(options.fault_file, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for line in lines:
        words = line.split()
        if len(words) < 2 or not path.startswith(words[0]):
            continue
        if "times" in words:
            at = words.index("times")
            with lock:
                counts[line] = counts.get(line, 0) + 1
                if counts[line] > int(words[at + 1]):
                    continue
            del words[at:]
        return words[1], words[2] if len(words) > 2 else None
    return None, None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def note(self, status):
        if options.log:
            with lock, open(options.log, "a", encoding="utf-8") as f:
                f.write(f"{self.client_address[1]} {status} {self.path} {self.headers.get('Range', '-')}\n")

    def head(self, status, fields):
        self.note(status)
        self.send_response_only(status)
        for name, value in fields.items():
            if value is not None:
                self.send_header(name, str(value))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def short(self, status, fields=None):
        body = f"status {status}\n".encode()
        self.head(status, {**(fields or {}), "Content-Length": len(body)})
        if self.command != "HEAD":
            self.wfile.write(body)

    def range_of(self, size):
        """(start, end) asked for, end exclusive; None if none, or one that is not understood."""
        asked = self.headers.get("Range", "")
        if not asked.startswith("bytes=") or "," in asked:
            return None
        first, _, last = asked[6:].partition("-")
        if not first:
            return (max(0, size - int(last)), size) if last else None
        return int(first), min(size, int(last) + 1) if last else size

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        fault, arg = fault_of(self.path)
        if fault == "slow-start":
            time.sleep(float(arg))
        elif fault == "reset":
            self.note("reset")
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        elif fault == "status":
            self.short(int(arg))
            return
        elif fault == "retry-after":
            self.short(503, {"Retry-After": arg})
            return
        elif fault == "redirect-loop":
            self.short(302, {"Location": self.path})
            return
        elif fault == "redirect-to":
            self.short(302, {"Location": arg[:-1] + self.path if arg.endswith("+") else arg})
            return
        elif fault == "endless":
            self.endless()
            return
        self.file(fault, arg)

    def endless(self):
        self.close_connection = True
        self.head(200, {})
        block = b"x" * 65536
        while True:
            self.wfile.write(block)

    def file(self, fault, arg):
        path = os.path.normpath(options.dir + "/" + unquote(self.path))
        if not os.path.exists(path):
            path = os.path.normpath(options.dir + "/" + unquote(self.path.split("?")[0]))
        try:
            if path != options.dir and not path.startswith(options.dir + "/"):
                raise FileNotFoundError
            f = open(path, "rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            self.short(404)
            return
        except PermissionError:
            self.short(403)
            return
        with f:
            self.opened(f, fault, arg)

    def opened(self, f, fault, arg):
        st = os.fstat(f.fileno())
        since = self.headers.get("If-Modified-Since")
        if since and int(st.st_mtime) <= email.utils.parsedate_to_datetime(since).timestamp():
            self.head(304, {})
            return
        size = st.st_size
        asked = None if fault == "ignore-range" else self.range_of(size)
        if asked and (asked[0] >= size or fault == "no-range"):
            self.short(416, {"Content-Range": f"bytes */{size}"})
            return
        start, end = asked or (0, size)
        if asked and fault == "wrong-range":
            start = min(size - 1, start + int(arg))
        length = end - start
        if fault in ("cut-after", "wrong-length", "no-length"):
            self.close_connection = True
        self.head(206 if asked else 200, {
            "Content-Length": arg if fault == "wrong-length" else None if fault == "no-length" else length,
            "Content-Range": f"bytes {start}-{end - 1}/{size}" if asked else None,
            "Accept-Ranges": "bytes",
            "Last-Modified": email.utils.formatdate(int(st.st_mtime), usegmt=True),
        })
        if self.command != "HEAD":
            self.body(f, start, length, fault, arg)

    def body(self, f, start, length, fault, arg):
        if fault == "cut-after":
            length = min(length, int(arg))
        if fault == "corrupt" and length:
            f.seek(start)
            self.wfile.write(bytes([f.read(1)[0] ^ 1]))
            start, length = start + 1, length - 1
        if fault == "drip":
            f.seek(start)
            for _ in range(0, length, max(1, int(arg) // 10)):
                self.wfile.write(f.read(max(1, int(arg) // 10)))
                time.sleep(0.1)
        elif length:
            self.connection.sendfile(f, start, length)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that went away


def leave_with_parent():
    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        sys.exit(0)
    if stat.S_ISFIFO(os.fstat(0).st_mode) or stat.S_ISSOCK(os.fstat(0).st_mode):
        def watch():
            while os.read(0, 4096):
                pass
            os._exit(0)
        threading.Thread(target=watch, daemon=True).start()


def main():
    global options
    parser = argparse.ArgumentParser(description="HTTP server on loopback for tests")
    parser.add_argument("--port-file", help="gets the port, once the server listens")
    parser.add_argument("--fault-file", help="faults by path prefix")
    parser.add_argument("--log", help="gets a line a request")
    parser.add_argument("dir", help="what to serve")
    options = parser.parse_args()
    options.dir = os.path.realpath(options.dir)
    leave_with_parent()
    server = Server(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    if options.port_file:
        with open(options.port_file + ".new", "w", encoding="utf-8") as f:
            f.write(f"{port}\n")
        os.rename(options.port_file + ".new", options.port_file)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
