#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks for URL again and again, each time on a new connection, until the file STOP is there.

usage: requests.py URL STOP

Prints how many requests were answered with status 200, and ends with 1 at the
first that was not, saying why. Certificates are not checked.
"""
import os
import ssl
import sys
import urllib.request

url, stop = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
done = 0
while not os.path.exists(stop):
    try:
        with opener.open(url, timeout=10) as answer:
            answer.read()
            if answer.status != 200:
                raise OSError(f"status {answer.status}")
    except OSError as why:
        print(f"request {done + 1}: {why}")
        sys.exit(1)
    done += 1
print(done)
