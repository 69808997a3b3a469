#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OCI image layout of given layers, for tests: also such as no tool would write.

    ocilayout.py OUT [--like LAYOUT] [--annotation KEY=FILE]... LAYER...

OUT is a new directory; each LAYER a tar, or "NAME=DATA;..." for one that is made: NAME@TARGET is a
symbolic link, NAME/ a directory, NAME#KEY=VALUE an attribute on an empty file. With --like, the
annotations and layers of LAYOUT's image come first; what is given goes on top or in their place.
"""
import argparse
import hashlib
import io
import json
import os
import tarfile


def make_layer(text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for item in text.split(";"):
            name, _, data = item.partition("=")
            info = tarfile.TarInfo(name)
            if "#" in item:
                name, _, attribute = item.partition("#")
                key, _, value = attribute.partition("=")
                info = tarfile.TarInfo(name)
                info.pax_headers = {"SCHILY.xattr." + key: value}
                data = ""
            elif "@" in name:
                info.name, _, info.linkname = name.partition("@")
                info.type = tarfile.SYMTYPE
            elif name.endswith("/"):
                info.type = tarfile.DIRTYPE
                info.mode = 0o755
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data.encode()))
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--like")
    parser.add_argument("--annotation", action="append", default=[])
    parser.add_argument("out")
    parser.add_argument("layers", nargs="*")
    options = parser.parse_intermixed_args()
    blobs = options.out + "/blobs/sha256"
    os.makedirs(blobs)

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{blobs}/{digest}", "wb") as f:
            f.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    manifest = {"schemaVersion": 2, "layers": [], "annotations": {}}
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    if options.like:
        def get(descriptor):
            with open(f"{options.like}/blobs/sha256/{descriptor['digest'][7:]}", "rb") as f:
                return f.read()
        with open(options.like + "/index.json", encoding="utf-8") as f:
            manifest = json.loads(get(json.load(f)["manifests"][0]))
        config = json.loads(get(manifest["config"]))
        for layer in manifest["layers"]:
            put(get(layer))
    for layer in options.layers:
        data = make_layer(layer)
        if os.path.exists(layer):
            with open(layer, "rb") as f:
                data = f.read()
        manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar", **put(data)})
        config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(data).hexdigest())
    for pair in options.annotation:
        key, _, path = pair.partition("=")
        with open(path, encoding="utf-8") as f:
            manifest["annotations"][key] = f.read()
    manifest["config"] = {"mediaType": "application/vnd.oci.image.config.v1+json", **put(json.dumps(config).encode())}
    index = {"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", **put(json.dumps(manifest).encode())}]}
    with open(options.out + "/index.json", "w", encoding="utf-8") as f:
        json.dump(index, f)
    with open(options.out + "/oci-layout", "w", encoding="utf-8") as f:
        f.write('{"imageLayoutVersion": "1.0.0"}')


if __name__ == "__main__":
    main()
