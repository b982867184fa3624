"""unpack-onnxruntime.py WHEEL DIRECTORY: takes the shared libraries and the licences out of an ONNX Runtime wheel."""

import hashlib
import os
import sys
import zipfile

wheel, directory = sys.argv[1:]
licences = ("onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt")
os.mkdir(directory)
written = {}
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.namelist():
        # The names without "lib" are Python's own modules.
        if not entry.startswith("onnxruntime/capi/lib") and entry not in licences:
            continue
        name = os.path.basename(entry)
        content = archive.read(entry)
        digest = hashlib.sha256(content).digest()
        # A wheel cannot hold links and repeats a library under each of its names.
        if digest in written:
            os.symlink(written[digest], os.path.join(directory, name))
            continue
        written[digest] = name
        with open(os.path.join(directory, name), "wb") as file:
            file.write(content)
        if name.startswith("libonnxruntime.so."):
            os.symlink(name, os.path.join(directory, "libonnxruntime.so.1"))
