#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""In front of a registry on loopback: what may go wrong on the way, on demand.

    registry.py UPSTREAM FAULT-FILE

Serves on a free port of 127.0.0.1, prints the address, and hands each request on to UPSTREAM ("127.0.0.1:PORT").
The fault file is read again for each request: lines "METHOD SUBSTRING FAULT [ARGUMENT] [times K]", of which the first
that fits the method ("*": any) and path counts:

    status N       an answer with that status, and Retry-After: 0
    cut            the answer breaks off in the middle of its body
    no-range       ranges are ignored
    corrupt        one bit of the body is another
    token TOKEN    without "Authorization: Bearer TOKEN" 401, with a realm that gives it for USER:PASSWORD "u:p"
"""
import base64
import http.client
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

upstream, fault_file = sys.argv[1:]
counts = {}
lock = threading.Lock()


def fault_of(method, path):
    """The fault and its argument, or (None, None)."""
    if not os.path.exists(fault_file):
        return None, None
    with open(fault_file, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for line in lines:
        words = line.split()
        if len(words) < 3 or words[0] not in ("*", method) or words[1] not in path:
            continue
        if "times" in words:
            with lock:
                counts[line] = counts.get(line, 0) + 1
                if counts[line] > int(words[words.index("times") + 1]):
                    continue
        return words[2], words[3] if len(words) > 3 else None
    return None, None


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, value in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def give_token(self):
        said = self.headers.get("Authorization", "")
        good = "Basic " + base64.b64encode(b"u:p").decode()
        token = self.path.split("/token/")[1].split("?")[0]
        if said == good and "scope=repository:" in self.path.replace("%3A", ":"):
            self.answer(200, [("Content-Type", "application/json")], ('{"token":"%s"}' % token).encode())
        else:
            self.answer(401, [], b"")

    def handle_any(self):
        size = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(size)
        if self.path.startswith("/token/"):
            self.give_token()
            return
        fault, argument = fault_of(self.command, self.path)
        if fault == "status":
            self.answer(int(argument), [("Retry-After", "0")], b"")
            return
        if fault == "token" and self.headers.get("Authorization") != "Bearer " + argument:
            realm = 'Bearer realm="http://%s/token/%s",service="here"' % (self.headers["Host"], argument)
            self.answer(401, [("WWW-Authenticate", realm)], b"")
            return
        self.hand_on(sent, fault)

    def hand_on(self, sent, fault):
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("authorization", "connection")}
        if fault == "no-range":
            headers.pop("Range", None)
        if sent:
            headers["Content-Length"] = str(len(sent))
        up = http.client.HTTPConnection(upstream)
        up.request(self.command, self.path, sent or None, headers)
        got = up.getresponse()
        body = bytearray(got.read())
        keep = [(k, v) for k, v in got.getheaders() if k.lower() not in ("transfer-encoding", "connection", "date")]
        if fault == "corrupt" and body:
            body[len(body) // 2] ^= 1
        if fault == "cut" and len(body) > 1:
            self.answer(got.status, keep, bytes(body[: len(body) // 2]))
            self.close_connection = True
            return
        self.answer(got.status, keep, bytes(body))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any


server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
server.daemon_threads = True
print("http://127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
